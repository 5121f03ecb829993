"""What Prometheus reads: tables of metrics (`edge` of the daemon; the master has its own) and their exposition."""
