"""Changes without a key of their own: made once for each `Idempotency-Key`, or each time if the client sends none."""

from collections.abc import Callable
from datetime import datetime

from tessera import idempotency
from tessera.access import Caller
from tessera.journal import Journal
from tessera.service.attempts import until_committed
from tessera.service.lookup import access_first, find
from tessera.service.opening import open_journal
from tessera.store.read import read
from tessera.store.transaction import Transaction


def change_once(  # noqa: PLR0913, PLR0917 - a request has this many parts
    caller: Caller,
    member_id: str,
    action: str,
    key: str | None,
    content: object,
    now: datetime,
    decide: Callable[[Journal, Transaction], str],
) -> str:
    """Change a member, and store the answer with the change.

    Args:
        caller: who asks.
        member_id: the id of the member, as the path means it.
        action: the rest of the path, behind the member.
        key: the `Idempotency-Key`, if there is one.
        content: the parsed body.
        now: the request's time.
        decide: what the change is; it gets the member's open journal and the transaction to add to, answers the body
            of a success, and may be asked again if others were faster.

    Returns:
        the body of the answer: to a repeat, byte for byte what was answered first.

    Raises:
        NotFound: nobody has enrolled under this id.
        Unreadable: the key is none.
        Conflict: the key came with another body before.
    """

    def request(of: str) -> idempotency.Request | None:
        return idempotency.request(caller.key, "POST", f"/members/{of}/{action}", key, content)

    def attempt() -> str:
        member, found = find(member_id, lambda id_: read(member=id_, operations=_keys(request(id_))))
        wanted = request(member.member_id)
        if wanted and isinstance(earlier := found.operations.get(wanted.key), idempotency.Answer):
            return wanted.replay(earlier).body
        journal = open_journal(member, now)
        transaction = Transaction()
        answer = decide(journal, transaction)
        transaction.journal(journal)
        if wanted:
            transaction.operation(wanted.answered(answer))
        transaction.commit()
        return answer

    access_first(member_id, lambda: request(member_id))
    return until_committed(attempt)


def _keys(request: idempotency.Request | None) -> list[str]:
    return [request.key] if request else []
