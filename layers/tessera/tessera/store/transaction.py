"""One operation, one transaction: all that it changes, each item on condition that it is still as it was read."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tessera.coupons import Coupon
from tessera.journal import Journal
from tessera.member import Profile
from tessera.settlement import due_at
from tessera.store import client, items
from tessera.store.attributes import attribute, item
from tessera.store.client import call, name_of
from tessera.store.entries import from_entry

if TYPE_CHECKING:
    from tessera.store.runs import RunRecord


class Transaction:
    """Collects what is to be written, and writes all of it or nothing."""

    def __init__(self) -> None:
        self._puts: list[dict[str, Any]] = []

    def journal(self, journal: Journal) -> None:
        """Write the member's new state and the entries that led to it.

        This is the only place that writes entries, and an entry that exists is never written again.
        """
        member = journal.member
        due = due_at(member, journal.programme)
        self._put("MEMBERS_TABLE", items.from_member(member, due), "member_id", member.version)
        for entry in journal.entries:
            self._put("LEDGER_TABLE", from_entry(entry), "sequence", 0)

    def operation(self, operation: items.Operation) -> None:
        """Write the record of an operation."""
        self._put("OPERATIONS_TABLE", items.from_operation(operation), "operation", operation.version)

    def run(self, record: "RunRecord") -> None:
        """Write a record of nights, evaluations or coupon jobs."""
        # Only what hands work out writes these; everything that writes would wait for the import.
        from tessera.store import runs  # noqa: PLC0415

        self._put("OPERATIONS_TABLE", runs.from_run(record), "operation", record.version)

    def coupon(self, coupon: Coupon) -> None:
        """Write a coupon."""
        self._put("COUPONS_TABLE", items.from_coupon(coupon), "coupon_id", coupon.version)

    def profile(self, profile: Profile) -> None:
        """Write a new member's profile."""
        self._put("PROFILES_TABLE", items.from_profile(profile), "member_id", 0)

    def alias(self, alias_id: str, member_id: str) -> None:
        """Write that an identity, which is nobody's yet, is this member's too."""
        self._put("MEMBERS_TABLE", items.from_alias(alias_id, member_id), "member_id", 0)

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
