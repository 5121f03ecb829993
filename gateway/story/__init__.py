"""A history in seconds: the gateway collects it in jumping time, the master processes it, and both are asked."""
