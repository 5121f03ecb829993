"""Q/CSG 1209021, the southern grid's local module protocol: recognised, so that it is taken for nothing else."""
