"""Measures: what is counted of a replication, with units and definitions, one module a family."""
