"""Which templates there are, of which coupons are issued at present."""

from typing import TYPE_CHECKING

from tessera import templates
from tessera.store import templates as store

if TYPE_CHECKING:
    from tessera.programme.coupons import Occasion
    from tessera.programme.model import Programme
    from tessera.templates import Head


def issued_at_present(programme: "Programme") -> list["Head"]:
    """Answer the templates of the programme, then the operators' own, without those that are paused or retired.

    Raises:
        Unavailable: the store did not answer.
    """
    ids = dict.fromkeys([*(template.id for template in programme.coupons), *store.read_registry().ids])
    stored = store.read_heads(ids)
    heads = [templates.standing(id_, stored, programme) for id_ in ids]
    return [head for head in heads if head and head.status == "active"]


def brought_by(occasion: "Occasion", programme: "Programme") -> list[str]:
    """Answer the ids of the templates of which an occasion brings coupons at present.

    Raises:
        Unavailable: the store did not answer.
    """
    templates = [head.template for head in issued_at_present(programme)]
    return [template.id for template in templates if occasion in template.issue_on]
