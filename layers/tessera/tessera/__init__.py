"""Tessera: membership and loyalty for e-commerce. Start reading at `programme`, then `journal`."""
