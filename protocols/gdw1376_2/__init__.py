"""Q/GDW 1376.2 (376.2, 10376.2): what a concentrator and its power-line carrier module say to each other."""
