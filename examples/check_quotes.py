"""Price real baskets over HTTP, plain and with coupons of every kind, and compare each quote with a reckoning anew.

    python3 -m examples.baskets online_retail.csv.gz -o baskets.ndjson.gz
    export TESSERA_TOKEN=$(make -s token SUB=check SCOPES=tessera/operator)
    python3 -m examples.check_quotes baskets.ndjson.gz

It creates a template of each kind, which it retires in the end, and a member who claims one coupon of each. Every
basket is priced in several ways: without coupons, with each of them, with several, with `best`, and with points. Of
each quote the subtotal, the discounts by line, shipping, gifts, points, the total, what is earned, and why a coupon
does not apply are compared with `reckoning`, which has nothing of the product. Of `best` it is compared whether any
combination would have left less to pay.

Exit status: 0 if nothing differs, 1 if something does, 2 if the comparison could not be made.
"""

import argparse
import gzip
import json
import os
import sys
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from examples.check_replay import Api, compare, each
from examples.reckoning import Reckoned, combinations, reckon, refusal

Json = Any
MAX = 10**9
"""More points than anybody has."""


def templates(run: str, baskets: Sequence[Json]) -> list[Json]:
    """Write a template of each kind, and those that scope and first orders make of them.

    The bundle is of the goods that most baskets have and those that are most often with them.
    """
    skus = [{line["sku"] for line in basket["order"]["lines"]} for basket in baskets]
    ((most, _),) = Counter(sku for of_basket in skus for sku in of_basket).most_common(1)
    beside = Counter(sku for of_basket in skus if most in of_basket for sku in of_basket - {most})
    ((second, _),) = beside.most_common(1)
    kinds = [
        {"kind": "amount_off", "threshold": 15000, "amount": 1000, "group": "money", "priority": 100},
        {
            "kind": "stepped",
            "steps": [
                {"threshold": 10000, "amount": 500},
                {"threshold": 25000, "amount": 2000},
                {"threshold": 60000, "amount": 6000},
            ],
            "group": "money",
            "priority": 200,
        },
        {"kind": "percentage", "percent": 13, "ceiling": 5000, "group": "share", "priority": 300},
        {
            "name": "scoped",
            "kind": "percentage",
            "percent": 33,
            "scope": {"categories": ["kitchen", "christmas"], "exclude": {"skus": [most]}},
            "group": "share",
            "priority": 250,
        },
        {"kind": "free_shipping", "up_to": 1800, "group": "delivery"},
        {"kind": "gift", "threshold": 20000, "sku": "22423", "quantity": 2, "value": 1200, "group": "extra"},
        {
            "kind": "buy_x_get_y",
            "buy": 2,
            "get": 1,
            "percent": 50,
            "times": 20,
            "scope": {"categories": ["stationery", "bags", "home"]},
            "group": "several",
            "priority": 400,
        },
        {"kind": "bundle", "goods": {most: 2, second: 3}, "price": 700, "group": "several", "priority": 600},
        {"name": "first_order", "kind": "amount_off", "amount": 333, "first_order": True},
    ]
    return [
        kind
        | {
            "id": f"{kind.get('name', kind['kind'])}_{run}",
            "name": str(kind.get("name", kind["kind"])),
            "terms": "To check quotes with.",
            "valid_days": 1,
        }
        for kind in kinds
    ]


@dataclass(frozen=True, slots=True)
class Way:
    """A way to price baskets."""

    name: str
    coupons: Sequence[Json]
    """The templates of the coupons that are named."""
    best: bool = False
    points: int | str = 0


def ways(made: Sequence[Json]) -> list[Way]:
    """List the ways: plain, each coupon, the first and the last of each group with points, the best, points alone."""
    grouped = [template for template in made if "group" in template]
    last_of_each = list({template["group"]: template for template in grouped}.values())
    first_of_each = list({template["group"]: template for template in reversed(grouped)}.values())
    return [
        Way("plain", []),
        *(Way(template["name"], [template]) for template in made),
        Way("several and points", first_of_each, points="max"),
        Way("several others and points", last_of_each, points="max"),
        Way("best", made, best=True),
        Way("points", [], points="max"),
    ]


class Check:
    """Prices baskets for one member, and compares."""

    def __init__(self, api: Api, run: str, made: Sequence[Json]) -> None:
        """Create the templates, enrol a member and claim a coupon of each.

        Raises:
            RuntimeError: something of it was refused.
        """
        self._api = api
        self._made = {template["id"]: template for template in made}
        self._programme = self._expect(HTTPStatus.OK, *api.get("/programme"))
        member = self._expect(HTTPStatus.CREATED, *api.post("/members", {"identity": f"check-quotes-{run}"}))
        self._path = f"/members/{member['member_id']}"
        self._coupon_ids: dict[str, str] = {}
        for template in made:
            self._expect(HTTPStatus.CREATED, *api.post("/coupon-templates", template))
            claimed = api.post(f"{self._path}/coupons", {"template_id": template["id"]})
            self._coupon_ids[template["id"]] = self._expect(HTTPStatus.CREATED, *claimed)["coupon_id"]
        self._templates_of = {coupon_id: id_ for id_, coupon_id in self._coupon_ids.items()}
        card = self._expect(HTTPStatus.OK, *api.get(self._path))
        self._points = card["points"]["available"]
        (self._tier,) = (tier for tier in self._programme["tiers"]["ladder"] if tier["id"] == card["tier"]["id"])
        self.priced: Counter[str] = Counter()
        self.applied: Counter[str] = Counter()

    def retire(self) -> None:
        """Retire the templates."""
        for id_ in self._made:
            self._api.post(f"/coupon-templates/{id_}/retire", {})

    def price(self, basket: Json, way: Way) -> list[str]:
        """Ask for a quote, and answer what differs from the reckoning."""
        label = f"basket {basket['basket_id']}, {way.name}"
        order = basket["order"]
        named = "best" if way.best else [self._coupon_ids[template["id"]] for template in way.coupons]
        status, found = self._api.post(f"{self._path}/quotes", {"order": order, "coupons": named, "points": way.points})
        self.priced[way.name] += 1
        if status != HTTPStatus.OK:
            return [f"{label}: the answer is {status}, should be 200"]
        if found["benefits"]:
            return [f"{label}: benefits apply, which are not reckoned here"]
        refused = {template["id"]: refusal(template, order) for template in way.coupons}
        applicable = [template for template in way.coupons if refused[template["id"]] is None]
        verdicts = {self._templates_of[verdict["coupon_id"]]: verdict for verdict in found["coupons"]}
        taken = [template for template in applicable if verdicts[template["id"]]["applies"]] if way.best else applicable
        points = self._points if way.points == "max" else 0
        expected = reckon(order, taken, points, self._tier, self._programme)
        wanted, quoted = self._written(expected, order), _of_quote(found)
        differences = compare(label, {name: wanted.get(name, 0) for name in quoted} | wanted, quoted)
        for id_, why in refused.items():
            differences += self._compare_verdict(label, verdicts[id_], why, way)
        if way.best:
            least = min(
                reckon(order, each_, 0, self._tier, self._programme).total_before_points
                for each_ in combinations(applicable)
            )
            differences += compare(label, {"least total": least}, {"least total": expected.total_before_points})
        self.applied[way.name] += bool(taken or (points and not way.coupons))
        return differences

    def _compare_verdict(self, label: str, verdict: Json, why: tuple[str, int | None] | None, way: Way) -> list[str]:
        if why is None:
            expected: dict[str, Json] = {} if way.best else {"applies": True}
        else:
            expected = {"applies": False, "code": why[0], "missing": why[1]}
        return compare(f"{label}, coupon {self._templates_of[verdict['coupon_id']]}", expected, verdict)

    def _written(self, reckoned: Reckoned, order: Json) -> dict[str, Json]:
        """Write a reckoning as `_of_quote` writes a quote."""
        ids = [line["line_id"] for line in order["lines"]]

        def by_line(what: str, amounts: Sequence[int]) -> dict[str, int]:
            return {f"{what}, line {id_}": amount for id_, amount in zip(ids, amounts, strict=True) if amount}

        def source(template_id: str) -> str:
            return f"coupon:{self._coupon_ids[template_id]}"

        written: dict[str, Json] = {
            "subtotal": reckoned.subtotal,
            "points_spent": sum(reckoned.points_by_line),
            "points_value": sum(reckoned.value_by_line),
            "shipping": reckoned.shipping,
            "total": reckoned.total,
            "points_to_earn": reckoned.points_to_earn,
            "growth_to_earn": reckoned.growth_to_earn,
        }
        for id_, amounts in reckoned.discounts.items():
            written |= by_line(source(id_), amounts)
        written |= {f"shipping off, {source(id_)}": amount for id_, amount in reckoned.shipping_discounts.items()}
        written |= {f"gift, {source(id_)}": gift for id_, gift in reckoned.gifts.items()}
        return written | by_line("points", reckoned.points_by_line) | by_line("paid by points", reckoned.value_by_line)

    @staticmethod
    def _expect(wanted: HTTPStatus, status: int, answer: Json) -> Json:
        if status != wanted:
            message = f"an answer is {status}, should be {wanted.value}: is the token an operator's?"
            raise RuntimeError(message)
        return answer


def _of_quote(found: Json) -> dict[str, Json]:
    """Write a quote as it is compared: amounts by line; the whole of a discount only if its lines add up to another."""
    plain = ("subtotal", "points_spent", "points_value", "shipping", "total", "points_to_earn", "growth_to_earn")
    written: dict[str, Json] = {name: found[name] for name in plain}
    for discount in found["discounts"]:
        source = discount["source"]
        written |= {f"{source}, line {line['line_id']}": line["amount"] for line in discount["lines"]}
        if sum(line["amount"] for line in discount["lines"]) != discount["amount"]:
            written[f"{source}, in all"] = discount["amount"]
    written |= {f"shipping off, {off['source']}": off["amount"] for off in found.get("shipping_discounts", [])}
    written |= {f"gift, {gift['source']}": (gift["sku"], gift["quantity"]) for gift in found.get("gifts", [])}
    for line in found.get("points_lines", []):
        written[f"points, line {line['line_id']}"] = line["points"]
        written[f"paid by points, line {line['line_id']}"] = line["amount"]
    return written


def read_baskets(path: Path) -> list[Json]:
    """Read what `baskets` wrote."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main() -> int:
    """Compare quotes of the product with the reckoning; answer the exit status."""
    parser = argparse.ArgumentParser(description="Compare the product's quotes with a reckoning anew.")
    parser.add_argument("baskets", type=Path, help="what examples.baskets wrote, .ndjson or .ndjson.gz")
    parser.add_argument("--api", default="http://127.0.0.1:3000", help="where the product answers (%(default)s)")
    parser.add_argument("--token", help="an access token of an operator; else the variable TESSERA_TOKEN")
    arguments = parser.parse_args()
    baskets = read_baskets(arguments.baskets)
    run = uuid.uuid4().hex[:8]
    made = templates(run, baskets)
    all_ways = ways(made)
    try:
        check = Check(Api(arguments.api, arguments.token or os.environ.get("TESSERA_TOKEN", "")), run, made)
        differences = list(
            each(lambda basket: [text for way in all_ways for text in check.price(basket, way)], baskets, "baskets")
        )
        check.retire()
    except (OSError, RuntimeError) as error:
        print(f"{arguments.api}: {error}", file=sys.stderr)
        return 2
    for difference in differences:
        print(difference)
    for way in all_ways:
        print(f"{check.priced[way.name]:>7,} quotes {way.name}: something applied to {check.applied[way.name]:,}")
    print(f"{len(baskets):,} baskets, {check.priced.total():,} quotes, {len(differences):,} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
