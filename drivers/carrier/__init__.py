"""Carrier modules of Q/GDW 1376.2 driven without a concentrator: their list of nodes, and the meters on the network."""
