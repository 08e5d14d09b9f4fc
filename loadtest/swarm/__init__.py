"""The viewer swarm: thousands of simulated viewers against a running server, and a verdict."""
