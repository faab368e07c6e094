"""Makes what is published from the code, and checks what is published with it. Nothing here ships."""
