"""What a check raises."""


class ViolationError(BaseException):
    """A promise is broken. It passes through the product's code, which must not take it for a failure of its own."""

    def __init__(self, check: str, detail: object) -> None:
        """Name the check that found it, and what it found."""
        super().__init__(f"{check}: {detail}")
        self.check = check


def insist(holds: object, check: str, *detail: object) -> None:
    """Raise a violation unless something holds."""
    if not holds:
        raise ViolationError(check, " ".join(map(str, detail)))
