"""Some seconds of `make load-with-kills`: what clients were told stands, though functions die in their work."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.load import queues
from tests.load.audit import Audit
from tests.load.kills import killing
from tests.load.mix import Mix
from tests.load.repeats import other_answers
from tests.load.steady import keep_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack import Stack

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells only on Linux who is at work")

MEMBERS, STOCK = 12, 3
RATE, SECONDS, KILL_EVERY = 3, 9, 2.5
COMES_BACK = 6
"""Seconds after which a message whose function died is received again, instead of minutes."""
EMPTY_WITHIN = 60


@pytest.fixture
def _impatient(stack: Stack) -> Iterator[None]:
    urls = [url for output, url in stack.outputs.items() if output.endswith("QueueUrl")]
    before = {url: _seconds_hidden(stack, url) for url in urls}
    for url in urls:
        _hide_for(stack, url, str(COMES_BACK))
    yield
    for url, seconds in before.items():
        _hide_for(stack, url, seconds)


@pytest.mark.usefixtures("_impatient")
def test_what_was_acknowledged_is_there_once_though_functions_die_in_the_middle_of_their_work(stack: Stack) -> None:
    mix = Mix(stack, seed=1, stock=STOCK)
    mix.settle_in(MEMBERS, at_once=4)
    buried = queues.dead_letters(stack)

    with killing(stack, KILL_EVERY, seed=1) as kills:
        keep_up(mix, RATE, SECONDS)
    queues.wait_until_empty(stack, EMPTY_WITHIN, delayed=False)

    assert kills
    booked = {asked.request.books for asked in mix.asked if asked.acknowledged}
    assert booked >= {"welcome", "sign_in", "hold", "confirmation", "purchase"}
    audit = Audit(stack, mix)
    assert audit.mistakes(all_over=False) == []
    assert other_answers(mix.asked) == []
    queues.wait_until_empty(stack, EMPTY_WITHIN, delayed=False)
    assert Audit(stack, mix).entries == audit.entries
    assert queues.dead_letters(stack) == buried


def test_an_entry_that_is_missing_or_there_twice_is_noticed(stack: Stack) -> None:
    mix = Mix(stack, seed=1, stock=STOCK)
    mix.settle_in(1, at_once=1)
    mix.take("sign in")
    table = stack.outputs["LedgerTable"]
    second, third = ({"member_id": {"S": mix.members[0].member_id}, "sequence": {"N": n}} for n in ("2", "3"))
    entry = stack.aws.dynamodb.get_item(TableName=table, Key=second)["Item"]

    stack.aws.dynamodb.delete_item(TableName=table, Key=second)
    missing = Audit(stack, mix).mistakes(all_over=False)
    for place in (second, third):
        stack.aws.dynamodb.put_item(TableName=table, Item={**entry, **place})
    twice = Audit(stack, mix).mistakes(all_over=False)
    stack.aws.dynamodb.delete_item(TableName=table, Key=third)

    assert any(mistake.startswith("lost") for mistake in missing)
    assert any(mistake.startswith("doubled") for mistake in twice)
    assert Audit(stack, mix).mistakes(all_over=False) == []


def _seconds_hidden(stack: Stack, url: str) -> str:
    attributes = stack.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    return attributes["VisibilityTimeout"]


def _hide_for(stack: Stack, url: str, seconds: str) -> None:
    stack.aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": seconds})
