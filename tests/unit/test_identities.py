from collections import Counter

from tessera.identities import SHARDS, SHOP, Identity, shard, short_hash


def test_the_same_identity_is_always_the_same_member() -> None:
    assert Identity(SHOP, "17850").member_id == Identity("shop", "17850").member_id


def test_identities_of_two_issuers_are_two_members() -> None:
    assert Identity(SHOP, "17850").member_id != Identity("https://issuer.example", "17850").member_id


def test_issuer_and_subject_cannot_run_into_each_other() -> None:
    assert Identity("ab", "c").member_id != Identity("a", "bc").member_id
    assert Identity("1:a", "b").member_id != Identity("1", "a:b").member_id
    assert short_hash("a", "") != short_hash("a")


def test_a_member_id_does_not_show_who_it_is_of() -> None:
    member_id = Identity("https://issuer.example", "alice").member_id
    assert member_id.startswith("m_")
    assert len(member_id) == 28
    assert "alice" not in member_id


def test_due_work_spreads_evenly_over_all_shards() -> None:
    members_by_shard = Counter(shard(f"m_{i}") for i in range(SHARDS * 100))
    assert set(members_by_shard) == set(range(SHARDS))
    assert max(members_by_shard.values()) < 150
