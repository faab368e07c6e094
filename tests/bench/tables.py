"""Tables in Markdown, for a terminal and for the documents."""


def head(*cells: str, words: int) -> None:
    """Print the head of a table, after an empty line: the first columns hold words, the others figures."""
    print()
    row(*cells)
    print(f"|{'---|' * words}{'---:|' * (len(cells) - words)}", flush=True)


def row(*cells: str) -> None:
    """Print a row."""
    print(f"| {' | '.join(cells)} |", flush=True)
