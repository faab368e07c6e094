"""`make bench-checkout`: what the steps of a checkout cost, and how fast the local stack takes them."""

from __future__ import annotations

import argparse

from tests.bench import checkout_costs, checkout_load, tables

COSTS = ("template", "step", "round trips", "write units", "read units", "messages", "dollars a million")
LOADS = ("template", "step", "clients", "requests/s", "p50 ms", "p95 ms")
LEFT = 2
"""Columns of words; the others hold figures."""


def main() -> None:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(prog="make bench-checkout", usage="make bench-checkout VISITS=100")
    parser.add_argument("visits", type=int, help="how often each step is taken")
    visits = parser.parse_args().visits
    tables.head(*COSTS, words=LEFT)
    for template_id, steps in checkout_costs.measure().items():
        for step in (*steps, checkout_costs.whole(steps)):
            cost = step.cost
            units = (f"{cost.round_trips:g}", f"{cost.write_units:g}", f"{cost.read_units:g}")
            tables.row(template_id, step.step, *units, str(step.messages), f"{step.dollars:.2f}")
    tables.head(*LOADS, words=LEFT)
    for load in checkout_load.measure(visits, clients=(1, 16)):
        times = (f"{load.p50 * 1000:.0f}", f"{load.p95 * 1000:.0f}")
        tables.row(load.template_id, load.step, str(load.clients), f"{load.requests_per_second:.1f}", *times)


if __name__ == "__main__":
    main()
