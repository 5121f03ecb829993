"""Concentrators and load-control terminals of Q/GDW 1376.1: their stores, their archives, and the way through them."""
