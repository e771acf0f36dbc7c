"""Adapters: other frameworks beside ours, and in the place of our parts."""
