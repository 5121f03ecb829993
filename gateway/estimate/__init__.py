"""What stands in for energy that was not read, by an agreed ladder, and never without saying so. Pure."""
