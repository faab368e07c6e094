"""Who is calling, and on whom they may act. A member acts on themselves; a shop and an operator on anybody."""

from dataclasses import dataclass

from tessera.identities import Identity

MEMBER, SHOP, OPERATOR = "tessera/member", "tessera/shop", "tessera/operator"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever holds the token, as the gateway verified it."""

    identity: Identity
    scopes: frozenset[str]

    @property
    def acts_for_others(self) -> bool:
        """Whether any member's id is as good as their own."""
        return bool(self.scopes & {SHOP, OPERATOR})

    @property
    def key(self) -> str:
        """Names the caller where a request's key must be theirs alone."""
        return f"{self.identity.issuer} {self.identity.subject}"
