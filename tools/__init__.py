"""Makes what is published from the code. Nothing here ships."""
