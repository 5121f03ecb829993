"""Review by people: what may be decided by whom, and a record of it that cannot be changed unseen. Pure."""
