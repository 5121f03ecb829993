"""The edge's sums: what this gateway reads, per line and transformer, for quarter hours, hours, days and months."""
