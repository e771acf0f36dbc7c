"""Figures of the report, one module a family: plain numbers in, SVG text out, wide and narrow drawn apart."""
