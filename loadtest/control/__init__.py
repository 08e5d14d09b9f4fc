"""Runs on many machines: simulators as RQ jobs, and the streams to them."""
