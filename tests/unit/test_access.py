import pytest

from tessera.access import MEMBER, OPERATOR, SHOP, Caller
from tessera.identities import Identity


def caller(*scopes: str, subject: str = "alice") -> Caller:
    return Caller(Identity("https://issuer.example", subject), frozenset(scopes))


@pytest.mark.parametrize(
    ("scopes", "acts"),
    [((), False), ((MEMBER,), False), ((SHOP,), True), ((OPERATOR,), True), ((MEMBER, SHOP), True)],
)
def test_a_shop_and_an_operator_act_for_others_and_a_member_does_not(scopes: tuple[str, ...], acts: bool) -> None:
    assert caller(*scopes).acts_for_others == acts


def test_a_callers_name_is_theirs_whatever_they_may_do() -> None:
    assert caller(MEMBER).key == caller(SHOP).key
    assert caller(MEMBER).key != caller(MEMBER, subject="bob").key
