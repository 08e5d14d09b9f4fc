"""Code shared by the swarm, the benchmark and its peers, without Django and heavy packages."""
