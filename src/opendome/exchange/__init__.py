"""Runs in other programs' formats. ``opendome.exchange.formats`` registers every exporter; nothing is loaded before."""
