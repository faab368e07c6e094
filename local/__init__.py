"""The local stack: `make run` and the commands that work on it. Nothing here ships."""
