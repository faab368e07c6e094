"""The rules a brand writes: the only configuration there is."""
