"""What functions call: read, let the domain decide, commit; and again, if others were faster."""
