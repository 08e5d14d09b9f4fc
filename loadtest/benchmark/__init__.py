"""The benchmark: Map Center beside other servers, all driven by one load generator."""
