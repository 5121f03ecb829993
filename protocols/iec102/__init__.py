"""IEC 60870-5-102 (DL/T 719): integrated totals of tie meters from an ERTU."""
