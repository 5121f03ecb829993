"""Review by people on the master's database; a page may sit on these functions as the command does."""
