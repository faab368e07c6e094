"""Orders and actions over HTTP: taken onto the queue, and orders shown as they were counted."""

import json
from collections.abc import Collection
from datetime import datetime

from tessera.answers import purchases as answers
from tessera.messages import read_message
from tessera.programme.load import in_force
from tessera.refusals import Invalid, NotFound, Problem
from tessera.shapes import MAX_PROBLEMS, read_json
from tessera.store import queues
from tessera.store.items import order_key
from tessera.store.read import read

MAX_BATCH = 100
"""Messages that are taken at once."""

_MAX_MESSAGE_BYTES = 200_000


def take(body: str | None, now: datetime, kinds: Collection[str]) -> int:
    """Put messages that came over HTTP on the queue: all of them, or none.

    Args:
        body: one message, or up to a hundred as `{"messages": […]}`.
        now: the request's time.
        kinds: the types of messages that are taken here.

    Returns:
        how many there were.

    Raises:
        Unreadable: the body is no JSON.
        Invalid: a message can be seen to be wrong; what is wrong is told by its pointer.
        Unavailable: the queue did not take all of them; sending all of them again does no harm.
    """
    content = read_json(body)
    messages, pointers = [content], [""]
    if isinstance(content, dict) and "messages" in content:
        messages = content["messages"]
        if not isinstance(messages, list) or not 1 <= len(messages) <= MAX_BATCH or len(content) > 1:
            raise Invalid([Problem("/messages", f"must be 1 to {MAX_BATCH} messages, and nothing beside them")])
        pointers = [f"/messages/{i}" for i in range(len(messages))]
    bodies = []
    problems: list[Problem] = []
    codes = []
    for message, pointer in zip(messages, pointers, strict=True):
        if len(problems) >= MAX_PROBLEMS:
            break
        try:
            read_message(message, in_force(), now, pointer, kinds)
        except Invalid as refusal:
            problems += refusal.problems
            codes.append(refusal.code)
            continue
        # In ASCII, because SQS refuses some characters that JSON allows.
        bodies.append(json.dumps(message, separators=(",", ":")))
        if len(bodies[-1]) > _MAX_MESSAGE_BYTES:
            problems.append(Problem(pointer, f"must be at most {_MAX_MESSAGE_BYTES} bytes long"))
    if problems:
        raise Invalid(problems[:MAX_PROBLEMS], codes[0] if len(set(codes)) == 1 else "invalid")
    queues.send_all("PURCHASES_QUEUE_URL", bodies)
    return len(bodies)


def show(order_id: str) -> answers.Purchase:
    """Show an order as it was counted.

    Raises:
        NotFound: it was not, or not yet.
    """
    order = read(operations=[order_key(order_id)]).operations.get(order_key(order_id))
    if order is None or order.RECORD != "order":
        raise NotFound
    return answers.purchase(order)
