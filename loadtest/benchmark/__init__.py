"""The benchmark: ours and the servers that people would pick instead, driven alike."""
