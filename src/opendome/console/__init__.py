"""The operator's console, the trainer and the replay in the browser."""
