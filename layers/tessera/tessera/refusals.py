"""Why a request or a message is turned down: one word that programs rely on, and a sentence for a person."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where: a JSON pointer into what was sent."""

    pointer: str
    detail: str


@dataclass(slots=True)
class Refusal(Exception):  # noqa: N818 - a refusal is no error: it is the rules at work
    """Turned down. Trying again will not help until something else has changed, unless it is `Temporary`.

    `code` is stable `snake_case`; `detail` never repeats what was sent.
    """

    code: str
    detail: str
    problems: list[Problem] = field(default_factory=list)

    @property
    def explanation(self) -> str:
        """All of it for a person to read: on a dead letter there is no other place."""
        where = "; ".join(f"{problem.pointer or 'the whole'}: {problem.detail}" for problem in self.problems)
        return f"{self.detail} ({where})" if where else self.detail

    def __str__(self) -> str:
        """Say it in one line, for a log."""
        return f"{self.code}: {self.explanation}"


class NotFound(Refusal):
    """There is no such thing, or it is none of the caller's business: the answer is the same."""

    def __init__(self) -> None:
        """Say no more than has to be said."""
        super().__init__("not_found", "There is nothing here for this caller.")


class UnknownCode(Refusal):
    """Nothing comes with the code, or not for this member: which of the two is not said."""

    def __init__(self) -> None:
        """There is nothing more to say."""
        super().__init__("unknown_code", "No coupon comes with this code.")


class TooManyAttempts(Refusal):
    """So many codes were wrong that the next one has to wait, right or wrong."""

    def __init__(self, seconds: int) -> None:
        """Say how long to wait."""
        super().__init__("too_many_attempts", "Too many codes were wrong; wait before the next one.")
        self.seconds = seconds


class Invalid(Refusal):
    """It can be read, and it is wrong."""

    def __init__(self, problems: list[Problem], code: str = "invalid") -> None:
        """Name every problem with its place."""
        super().__init__(code, "The content is not as it has to be.", problems)


class Unreadable(Refusal):
    """It cannot be read at all: no JSON, no such cursor, no such header."""


class Forbidden(Refusal):
    """The caller is known and may not."""


class Conflict(Refusal):
    """The rules do not allow it as things stand."""


class Temporary(Refusal):
    """Trying again may well help."""


class TryAgain(Temporary):
    """Others were at the same things all the time; the same request may well succeed in a moment."""

    def __init__(self) -> None:
        """There is nothing more to say."""
        super().__init__("try_again", "Others are changing the same things; try again in a moment.")


class Unavailable(Temporary):
    """What is needed did not answer, or is too busy. The request may have been carried out: repeat it to know."""

    def __init__(self, what: str) -> None:
        """Keep for the log what was the matter; the caller learns no more than has to be said."""
        super().__init__("unavailable", "The service is busy; repeat the request in a moment.")
        self.what = what
