"""Who is calling, and on whom they may act. A member acts on themselves; a shop and an operator on anybody."""

from dataclasses import dataclass

from tessera.identities import Identity

MEMBER, SHOP, OPERATOR = "tessera/member", "tessera/shop", "tessera/operator"
SUPERVISOR = "tessera/supervisor"
"""An operator with higher ceilings; it comes with the operator's own scope."""


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
    def roles(self) -> frozenset[str]:
        """The roles of an operator, as the programme names them; of anybody else, none."""
        return frozenset(scope.removeprefix("tessera/") for scope in self.scopes & {OPERATOR, SUPERVISOR})

    @property
    def key(self) -> str:
        """Names the caller where a request's key must be theirs alone."""
        return f"{self.identity.issuer} {self.identity.subject}"
