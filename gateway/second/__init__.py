"""The second review: what processed values say about customers, transformers and lines. Pure."""
