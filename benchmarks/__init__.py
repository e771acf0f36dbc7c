"""Benchmarks: each figure is measured beside a peer in one run of one process, in CPU time."""
