"""ERTUs of tie meters over IEC 60870-5-102: their archives of totals, and their clocks."""
