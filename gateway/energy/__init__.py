"""What readings say about energy: pure arithmetic and records, shared by the gateway and the master."""
