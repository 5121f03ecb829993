"""Q/GDW 1376.1 (and 376.1-2009, 130-2005): a master station and its collection terminals."""
