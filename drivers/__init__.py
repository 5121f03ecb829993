"""Links and the loops that join them to protocol sessions."""
