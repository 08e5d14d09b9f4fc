"""What the swarm, the benchmark and its peers share. Without Django and without heavy packages."""
