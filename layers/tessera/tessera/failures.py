"""What the log says of an exception: where it came from, and nothing that its message may repeat of a person's data."""

import traceback


def trace(error: BaseException) -> str:
    """Write a traceback, that of its causes first, in which only the product's own exceptions say more than their name.

    Messages of others repeat what they were given: botocore the parameters that it would not send, DynamoDB a key,
    Python a text that is no number. Of an error that AWS answers, its code and the operation are told.
    """
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    frames = "".join(traceback.format_tb(error.__traceback__))
    return (f"{trace(cause)}\nwhich led to\n" if cause else "") + f"{frames}{_told(error)}"


def _told(error: BaseException) -> str:
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if kind.__module__.partition(".")[0] == "tessera":
        return f"{name}: {error}"
    answered = getattr(error, "response", None)
    if isinstance(answered, dict):
        code = answered.get("Error", {}).get("Code", "")
        return f"{name}: {code} in {getattr(error, 'operation_name', '')}"
    return name
