"""One operation, one transaction: all that it changes, each item on condition that it is still as it was read."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tessera.store import client
from tessera.store.attributes import attribute, item
from tessera.store.client import call, name_of

if TYPE_CHECKING:
    from tessera.coupons import Coupon
    from tessera.journal import Journal
    from tessera.member import Profile
    from tessera.store.operations import Operation
    from tessera.store.runs import RunRecord


class Transaction:
    """Collects what is to be written, and writes all of it or nothing."""

    def __init__(self) -> None:
        self._puts: list[dict[str, Any]] = []

    def journal(self, journal: "Journal") -> None:
        """Write the member's new state and the entries that led to it.

        This is the only place that writes entries, and an entry that exists is never written again.
        """
        # What hands work out writes no member, and here as below does not wait for the import of what writes one.
        from tessera.settlement import due_at  # noqa: PLC0415
        from tessera.store.entries import from_entry  # noqa: PLC0415
        from tessera.store.member_items import from_member  # noqa: PLC0415

        member = journal.member
        due = due_at(member, journal.programme)
        self._put("MEMBERS_TABLE", from_member(member, due), "member_id", member.version)
        for entry in journal.entries:
            self._put("LEDGER_TABLE", from_entry(entry), "sequence", 0)

    def operation(self, operation: "Operation") -> None:
        """Write the record of an operation."""
        from tessera.store import operations  # noqa: PLC0415

        self._put("OPERATIONS_TABLE", operations.from_operation(operation), "operation", operation.version)

    def run(self, record: "RunRecord") -> None:
        """Write a record of nights, evaluations or coupon jobs."""
        from tessera.store import runs  # noqa: PLC0415

        self._put("OPERATIONS_TABLE", runs.from_run(record), "operation", record.version)

    def coupon(self, coupon: "Coupon") -> None:
        """Write a coupon."""
        from tessera.store import coupon_items  # noqa: PLC0415

        self._put("COUPONS_TABLE", coupon_items.from_coupon(coupon), "coupon_id", coupon.version)

    def profile(self, profile: "Profile") -> None:
        """Write a new member's profile."""
        from tessera.store import member_items  # noqa: PLC0415

        self._put("PROFILES_TABLE", member_items.from_profile(profile), "member_id", 0)

    def alias(self, alias_id: str, member_id: str) -> None:
        """Write that an identity, which is nobody's yet, is this member's too."""
        from tessera.store import member_items  # noqa: PLC0415

        self._put("MEMBERS_TABLE", member_items.from_alias(alias_id, member_id), "member_id", 0)

    def commit(self) -> None:
        """Write everything.

        Raises:
            StaleError: something has changed since it was read; nothing was written.
            Unavailable: the store did not answer; everything was written, or nothing.
        """
        call(client.DYNAMODB.transact_write_items, TransactItems=self._puts)

    def _put(self, table: str, fields: Mapping[str, object], key: str, version: int) -> None:
        put: dict[str, Any] = {"TableName": name_of(table), "Item": item(fields)}
        if version:
            put["ConditionExpression"] = "version = :read"
            put["ExpressionAttributeValues"] = {":read": attribute(version)}
        else:
            put["ConditionExpression"] = "attribute_not_exists(#key)"
            put["ExpressionAttributeNames"] = {"#key": key}
        self._puts.append({"Put": put})
