"""After-action replay: one replication, or two alternatives of one, in three dimensions in the browser.

The one place in this room that may show the truth: what is replayed is over.
"""
