"""Where the second review gets what its rules look at: each feed adds fields to the cases of a period."""
