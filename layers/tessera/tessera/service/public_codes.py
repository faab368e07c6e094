"""Public codes: words by which whoever knows them has a coupon of a template."""

from tessera import templates
from tessera.programme.load import in_force
from tessera.refusals import UnknownCode
from tessera.store import templates as store


def template_of(code: str) -> str:
    """Find the template that a code brings a coupon of, in either case of letters.

    Raises:
        UnknownCode: it is no template's, or that of one that is retired.
    """
    word = code.upper()
    programme = in_force()
    stored = store.read_code(word)
    written = templates.named_by_code(word, programme.coupons)
    ids = [id_ for id_ in (stored and stored.template_id, written and written.id) if id_]
    heads = store.read_heads(ids)
    for id_ in ids:
        head = templates.standing(id_, heads, programme)
        if head and head.status != "retired" and head.template.public_code == word:
            return id_
    raise UnknownCode
