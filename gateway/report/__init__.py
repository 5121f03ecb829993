"""What people are shown of losses and of collection: tables, files, charts. Pure; figures come from the master."""
