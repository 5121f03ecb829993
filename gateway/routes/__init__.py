"""Routes for people: which meters somebody has to visit, the list for the reader, and what came back."""
