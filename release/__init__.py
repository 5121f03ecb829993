"""What is given to others: wheel, Debian packages, offline bundle, container recipe. Never part of the wheel."""
