"""What the properties are tried on."""

from hypothesis import strategies as st

from tessera.shapes import Line
from tests.factories import line


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Draw a line, from free to £450, with and without a rate and a discount of its own."""
    quantity = draw(st.integers(1, 9))
    unit_price = draw(st.integers(0, 5000))
    return line(
        sku=draw(st.sampled_from(["SKU", "RARE"])),
        brand=draw(st.sampled_from([None, "acme", "other"])),
        category=draw(st.sampled_from([None, "toys", "other"])),
        quantity=quantity,
        unit_price=unit_price,
        discount=draw(st.integers(0, quantity * unit_price)),
    )


def baskets(most: int = 6) -> st.SearchStrategy[list[Line]]:
    """Draw the lines of an order, numbered from 1."""
    return st.lists(lines(), min_size=1, max_size=most).map(
        lambda drawn: [bought.model_copy(update={"line_id": str(i)}) for i, bought in enumerate(drawn, 1)]
    )
