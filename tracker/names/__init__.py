"""Names of hosts and services, and where each came from; nothing is looked up on the network."""
