"""Nights and evaluations as operators see them: what was handed out, what came of it, and that it counts once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tessera import evaluations, identities
from tessera.answers import evaluations as answers
from tessera.instants import write_instant
from tessera.programme import load
from tessera.service import evaluation_steps, nightly
from tessera.store import buckets, queues
from tests.app import App, customer_id
from tests.handlers.messages import line, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import UseProgramme

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")  # of a batch that failed

MEMBERS = 7
WITH_ORDERS = 3
FEW_BUCKETS = 64
A_TERM = timedelta(days=365)
DECAY = {"policy": "decay", "idle_months": 2, "percent": 10}


@pytest.fixture(autouse=True)
def little_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be fewer buckets to walk through, and fewer members to a batch: more of them say no more."""
    for module in (identities, evaluations, evaluation_steps, answers):
        monkeypatch.setattr(module, "BUCKETS", FEW_BUCKETS)
    for module in (nightly, evaluation_steps):
        monkeypatch.setattr(module, "BATCH", 4)
    monkeypatch.setattr(evaluation_steps, "MOST_BUCKETS", 48)


def enrol(app: App, number: int) -> None:
    """Enrol customers, and make each a junior for a term."""
    for customer in range(number):
        app.post("/members", {"identity": str(customer)}, as_="shop")
    app.send(*[order(f"O{customer}", line(unit_price=15_000), identity=str(customer)) for customer in range(number)])


@pytest.fixture
def a_term_later(app: App) -> App:
    """Seven members whose terms have just ended."""
    enrol(app, MEMBERS)
    app.now += A_TERM
    return app


def night(app: App) -> Any:
    """Answer the summary of the night of now."""
    return app.get(f"/nights/{app.now:%Y%m%dT%H%M%SZ}", as_="operator").json


def test_a_night_says_what_it_has_done(a_term_later: App) -> None:
    a_term_later.nightly()

    assert night(a_term_later) == {
        "night_id": "20270302T120000Z",
        "started_at": "2027-03-02T12:00:00Z",
        "finished_at": "2027-03-02T12:00:00Z",
        "status": "done",
        "hand_outs": 1,
        "due": MEMBERS,
        "refunds_due": 0,
        "batches": 2,
        "batches_done": 2,
        "unchanged": 0,
        "refunds_given_up": 0,
        "changed": {
            "members": MEMBERS,
            "entries": {"tier_change": MEMBERS},
            "tiers": [
                {"from_tier": "junior", "to_tier": "newcomer", "reason": "fell", "members": MEMBERS},
            ],
        },
    }


def test_a_night_on_which_nothing_is_due_is_done_at_once(app: App) -> None:
    app.nightly()
    shown = night(app)
    assert (shown["status"], shown["due"], shown["batches"], shown["changed"]["members"]) == ("done", 0, 0, 0)
    assert shown["finished_at"] == shown["started_at"]


def test_a_night_is_running_until_its_last_batch_is_done(a_term_later: App) -> None:
    a_term_later.invoke("NightlyFunction", {"time": write_instant(a_term_later.now)})
    first, _ = a_term_later.waiting("SettlementsQueue", 10)
    a_term_later.settle(first)
    shown = night(a_term_later)
    assert (shown["status"], shown["batches"], shown["batches_done"]) == ("running", 2, 1)
    assert (shown["finished_at"], shown["changed"]["members"]) == (None, 4)


def test_a_batch_that_is_delivered_twice_counts_once(a_term_later: App) -> None:
    a_term_later.invoke("NightlyFunction", {"time": write_instant(a_term_later.now)})
    for message in a_term_later.waiting("SettlementsQueue", 10) * 2:
        assert a_term_later.settle(message) == []
    shown = night(a_term_later)
    assert (shown["status"], shown["batches_done"], shown["unchanged"]) == ("done", 2, 0)
    assert shown["changed"]["members"] == MEMBERS


def test_a_second_run_for_the_same_time_continues_the_same_night(a_term_later: App) -> None:
    for _ in range(2):
        a_term_later.invoke("NightlyFunction", {"time": write_instant(a_term_later.now)})
    a_term_later.work_off("SettlementsQueue")
    shown = night(a_term_later)
    assert (shown["hand_outs"], shown["due"], shown["batches"]) == (2, 2 * MEMBERS, 4)
    assert (shown["status"], shown["batches_done"]) == ("done", 4)
    assert (shown["changed"]["members"], shown["unchanged"]) == (MEMBERS, MEMBERS)


def test_a_hand_out_that_broke_off_is_made_up_for_by_the_next(
    a_term_later: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object) -> None:
        raise TimeoutError

    event = {"time": write_instant(a_term_later.now)}
    with monkeypatch.context() as patch:
        patch.setattr(queues, "send_all", break_off)
        with pytest.raises(TimeoutError):
            a_term_later.invoke("NightlyFunction", event)
    assert night(a_term_later)["status"] == "running"

    a_term_later.nightly()

    shown = night(a_term_later)
    assert (shown["status"], shown["hand_outs"], shown["due"]) == ("done", 2, MEMBERS)
    assert shown["changed"]["members"] == MEMBERS


def test_the_night_after_an_outage_takes_along_what_was_due(a_term_later: App) -> None:
    a_term_later.now += timedelta(days=9)
    a_term_later.nightly()
    assert night(a_term_later)["changed"]["members"] == MEMBERS
    newest = a_term_later.get(f"/members/{customer_id('3')}/entries", as_="shop").json["items"][0]
    assert (newest["kind"], newest["at"]) == ("tier_change", "2027-03-02T12:00:00Z")


def test_the_latest_nights_are_listed_newest_first(app: App) -> None:
    for _ in range(3):
        app.nightly()
        app.now += timedelta(days=1)
    ids = ["20260304T120000Z", "20260303T120000Z", "20260302T120000Z"]
    listed = app.get("/nights", as_="operator").json
    assert ([one["night_id"] for one in listed["items"]], listed["next_cursor"]) == (ids, None)

    first = app.get("/nights", as_="operator", limit="2").json
    rest = app.get("/nights", as_="operator", limit="2", cursor=first["next_cursor"]).json
    assert [one["night_id"] for one in first["items"] + rest["items"]] == ids
    assert rest["next_cursor"] is None


def test_a_night_that_was_made_up_for_late_is_listed_in_its_place(app: App) -> None:
    for day in (2, 4, 3):
        app.invoke("NightlyFunction", {"time": f"2026-03-0{day}T12:00:00Z"})
    listed = app.get("/nights", as_="operator").json["items"]
    assert [one["night_id"][:8] for one in listed] == ["20260304", "20260303", "20260302"]


def test_a_list_of_nights_says_which_are_running(a_term_later: App) -> None:
    def statuses() -> list[str]:
        return [one["status"] for one in a_term_later.get("/nights", as_="operator").json["items"]]

    a_term_later.invoke("NightlyFunction", {"time": write_instant(a_term_later.now)})
    assert statuses() == ["running"]
    a_term_later.work_off("SettlementsQueue")
    assert statuses() == ["done"]


@pytest.mark.parametrize("path", ["/nights", "/tier-evaluations"])
def test_a_list_takes_its_own_cursors_and_a_limit_to_a_hundred(app: App, path: str) -> None:
    app.get(path, as_="operator", cursor="nonsense").refused(400, "bad_cursor")
    for limit in ("0", "101", "many"):
        app.get(path, as_="operator", limit=limit).refused(400, "bad_limit")


def test_a_night_that_never_was_is_not_found(app: App) -> None:
    assert app.get("/nights", as_="operator").json == {"items": [], "next_cursor": None}
    app.get("/nights/20270302T120000Z", as_="operator").refused(404, "not_found")


def test_a_member_who_cannot_be_settled_keeps_no_other_from_it(
    a_term_later: App, listen: Callable[[str, Callable[..., Any]], None]
) -> None:
    a_term_later.invoke("NightlyFunction", {"time": write_instant(a_term_later.now)})
    first, _ = a_term_later.waiting("SettlementsQueue", 10)
    broken = json.loads(first)["ids"][0]
    spoilt = [broken]

    def spoil(parsed: dict[str, Any], **_: object) -> None:
        for item in parsed["Responses"].get("MembersTable", []):
            if item["member_id"]["S"] in spoilt:
                del item["lots"]

    listen("after-call.dynamodb.BatchGetItem", spoil)
    assert a_term_later.settle(first) == [0]
    spoilt.clear()

    newest = {
        id_: a_term_later.get(f"/members/{id_}/entries", as_="shop").json["items"][0]["kind"]
        for id_ in json.loads(first)["ids"]
    }
    assert newest.pop(broken) == "purchase"
    assert set(newest.values()) == {"tier_change"}


class Job:
    """An evaluation, and the message of its next step."""

    def __init__(self, app: App, rate: int = 10, key: str | None = None) -> None:
        answer = app.post("/tier-evaluations", {"rate": rate}, as_="operator", key=key)
        assert answer.status == 201, answer.text
        self.id = answer.json["evaluation_id"]
        self.app = app

    def message(self, step: int) -> str:
        """Write the message of a step."""
        return json.dumps({"schema_version": 1, "evaluation_id": self.id, "step": step})

    def step(self, number: int, received: int = 1) -> None:
        """Take a step."""
        assert self.app.take_step(self.message(number), received) == []

    def show(self) -> Any:
        """Answer how far it is."""
        return self.app.get(f"/tier-evaluations/{self.id}", as_="operator").json

    def finish(self, first: int = 0) -> int:
        """Take all steps that are left, and evaluate everybody; answer how many steps there were."""
        step = first
        while self.show()["buckets_done"] < FEW_BUCKETS:
            self.step(step)
            step += 1
        self.app.work_off("SettlementsQueue")
        return step


@pytest.fixture
def easier(app: App, use_programme: UseProgramme) -> App:
    """Seven members, after the programme has made its second tier easier to reach than what they have."""
    rules = load.load(load.PACKAGED).model_dump(mode="json")
    for number in range(MEMBERS):
        app.post("/members", {"identity": str(number)}, as_="shop")
    app.send(*[order(f"O{number}", line(unit_price=5_000), identity=str(number)) for number in range(WITH_ORDERS)])
    ladder = rules["tiers"]["ladder"]
    ladder[1]["growth"] = 40
    use_programme(tiers=rules["tiers"])
    return app


def test_an_evaluation_gives_everybody_what_they_have_earned_by_the_changed_programme(easier: App) -> None:
    job = Job(easier)

    job.finish()

    shown = job.show()
    assert (shown["status"], shown["members_seen"]) == ("done", MEMBERS)
    assert (shown["changed"]["members"], shown["unchanged"]) == (WITH_ORDERS, MEMBERS - WITH_ORDERS)
    assert shown["changed"]["tiers"] == [
        {"from_tier": "newcomer", "to_tier": "junior", "reason": "reached", "members": WITH_ORDERS}
    ]


def test_an_evaluation_takes_nothing_from_anybody(a_term_later: App, use_programme: UseProgramme) -> None:
    a_term_later.now -= timedelta(days=100)
    rules = load.load(load.PACKAGED).model_dump(mode="json")
    rules["tiers"]["ladder"][1]["growth"] = 149_00
    for tier in rules["tiers"]["ladder"][2:]:
        tier["growth"] += 149_00
    use_programme(tiers=rules["tiers"])
    Job(a_term_later).finish()
    assert a_term_later.get(f"/members/{customer_id('3')}", as_="shop").json["tier"]["id"] == "junior"


def test_a_step_hands_out_the_members_of_five_seconds(easier: App) -> None:
    job = Job(easier, rate=1)
    job.step(0)
    shown = job.show()
    assert (shown["members_seen"], shown["batches"]) == (5, 2)
    assert 0 <= shown["buckets_done"] < FEW_BUCKETS


def test_a_walk_meets_every_member_once_at_any_rate(easier: App) -> None:
    job = Job(easier, rate=1)
    job.finish()
    handed_out = job.show()
    assert (handed_out["members_seen"], handed_out["changed"]["members"]) == (MEMBERS, WITH_ORDERS)


def test_the_next_step_waits_until_the_rate_allows_it(easier: App, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[int] = []
    monkeypatch.setattr(queues, "send_later", lambda _queue, _body, seconds: waits.append(seconds))
    Job(easier, rate=2).step(0)
    assert len(waits) == 1
    assert waits[0] <= 5


def test_the_message_of_a_step_that_is_done_does_nothing(easier: App) -> None:
    job = Job(easier)
    job.step(0)
    before = job.show()
    job.step(0)
    assert job.show() == before


def test_when_the_next_message_is_lost_the_old_one_sends_it_again(easier: App, monkeypatch: pytest.MonkeyPatch) -> None:
    job, sent = Job(easier), []

    def lose(*_: object) -> None:
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(queues, "send_later", lose)
        assert easier.take_step(job.message(0)) == [0]
    before = job.show()

    monkeypatch.setattr(queues, "send_later", lambda _queue, body, seconds: sent.append((json.loads(body), seconds)))
    job.step(0, received=2)

    assert sent == [(json.loads(job.message(1)), 0)]
    assert job.show() == before


def test_a_step_that_broke_off_after_handing_out_counts_once(
    easier: App, refuse: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job(easier)
    send_all = queues.send_all

    def send_and_break_off(queue: str, bodies: list[str]) -> None:
        send_all(queue, bodies)
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(queues, "send_all", send_and_break_off)
        assert easier.take_step(job.message(0)) == [0]
    assert job.show()["members_seen"] == 0

    job.finish()

    shown = job.show()
    assert (shown["status"], shown["members_seen"], shown["changed"]["members"]) == ("done", MEMBERS, WITH_ORDERS)


def test_a_job_that_was_stopped_takes_no_step_and_goes_on_where_it_was(easier: App) -> None:
    job = Job(easier, rate=1)
    job.step(0)
    easier.now += timedelta(minutes=1)
    stopped = easier.post(f"/tier-evaluations/{job.id}/stop", as_="operator").json
    assert (stopped["status"], stopped["changed_at"]) == ("stopped", "2026-03-02T12:01:00Z")
    job.step(1)
    assert job.show() == stopped

    resumed = easier.post(f"/tier-evaluations/{job.id}/resume", {"rate": 100}, as_="operator").json
    assert (resumed["status"], resumed["rate"], resumed["members_seen"]) == ("running", 100, 5)
    assert json.loads(job.message(1)) in [json.loads(text) for text in easier.waiting("EvaluationsQueue", 10)]
    job.finish(1)
    assert (job.show()["members_seen"], job.show()["changed"]["members"]) == (MEMBERS, WITH_ORDERS)


def test_a_job_that_is_stopped_while_a_step_looks_for_members_hands_out_none(
    easier: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job(easier)

    def stop_and_look(bucket: int, after: str | None, most: int) -> list[str]:
        easier.post(f"/tier-evaluations/{job.id}/stop", as_="operator")
        return list(buckets.members_of(bucket, after, most))

    monkeypatch.setattr(evaluation_steps, "members_of", stop_and_look)
    job.step(0)
    assert (job.show()["status"], job.show()["members_seen"]) == ("stopped", 0)
    assert easier.waiting("SettlementsQueue", 10) == []


def test_evaluations_are_listed_in_pages_and_say_which_one_runs(easier: App) -> None:
    for _ in range(2):
        easier.post(f"/tier-evaluations/{Job(easier).id}/stop", as_="operator")
    last = Job(easier)
    first = easier.get("/tier-evaluations", as_="operator", limit="2").json
    rest = easier.get("/tier-evaluations", as_="operator", limit="2", cursor=first["next_cursor"]).json
    assert [one["evaluation_id"] for one in first["items"] + rest["items"]] == ["te_3", "te_2", "te_1"]
    assert [one["status"] for one in first["items"]] == ["running", "stopped"]
    assert rest["next_cursor"] is None

    for step in range(2):
        last.step(step)
    assert last.show()["buckets_done"] == FEW_BUCKETS
    (listed, *_) = easier.get("/tier-evaluations", as_="operator").json["items"]
    assert listed["status"] == "running"  # all are handed out, and not all are evaluated


def test_stopping_and_resuming_are_safe_to_repeat(easier: App) -> None:
    job = Job(easier)
    stop, resume = (f"/tier-evaluations/{job.id}/{what}" for what in ("stop", "resume"))
    assert easier.post(stop, as_="operator").json == easier.post(stop, as_="operator").json
    assert easier.post(resume, as_="operator").json == easier.post(resume, as_="operator").json


def test_an_unknown_evaluation_is_not_there_whatever_the_content_is(app: App) -> None:
    for body in (None, "nonsense", {"rate": 0}, {"rate": 5}):
        app.post("/tier-evaluations/te_0/resume", body, as_="operator").refused(404, "not_found")


def test_one_evaluation_runs_at_a_time(easier: App) -> None:
    first = Job(easier)
    easier.post("/tier-evaluations", {"rate": 5}, as_="operator").refused(409, "evaluation_running")
    easier.post(f"/tier-evaluations/{first.id}/stop", as_="operator")
    second = Job(easier)
    easier.post(f"/tier-evaluations/{first.id}/resume", as_="operator").refused(409, "evaluation_running")
    second.finish()
    listed = easier.get("/tier-evaluations", as_="operator").json["items"]
    assert [(one["evaluation_id"], one["status"]) for one in listed] == [(second.id, "done"), (first.id, "stopped")]
    easier.post(f"/tier-evaluations/{second.id}/resume", as_="operator").refused(409, "evaluation_done")
    assert easier.post(f"/tier-evaluations/{first.id}/resume", as_="operator").status == 200


def test_a_key_starts_one_evaluation(easier: App) -> None:
    assert Job(easier, key="one").id == Job(easier, key="one").id
    easier.post("/tier-evaluations", {"rate": 11}, as_="operator", key="one").refused(409, "idempotency_key_reused")


@pytest.mark.parametrize("body", [{}, {"rate": 0}, {"rate": 1001}, {"rate": "10"}, {"rate": 10, "speed": 1}])
def test_a_rate_is_a_number_from_1_to_1000(app: App, body: dict[str, Any]) -> None:
    assert app.post("/tier-evaluations", body, as_="operator").pointers()


def test_an_evaluation_that_never_was_is_not_found(app: App) -> None:
    assert app.get("/tier-evaluations", as_="operator").json == {"items": [], "next_cursor": None}
    for answer in (
        app.get("/tier-evaluations/te_1", as_="operator"),
        app.post("/tier-evaluations/te_1/stop", as_="operator"),
        app.post("/tier-evaluations/te_1/resume", as_="operator"),
    ):
        answer.refused(404, "not_found")


@pytest.fixture
def decay_is_over(app: App, use_programme: UseProgramme) -> App:
    """Members whom the night was to look at because growth decayed, which by the programme in force none does."""
    use_programme(tiers=load.load(load.PACKAGED).model_dump(mode="json")["tiers"] | {"growth": DECAY})
    enrol(app, MEMBERS)
    use_programme()
    return app


def test_an_evaluation_sets_dates_anew_that_an_earlier_programme_has_set(decay_is_over: App) -> None:
    job = Job(decay_is_over)
    job.finish()
    assert (job.show()["changed"], job.show()["unchanged"]) == ({"members": 0, "entries": {}, "tiers": []}, MEMBERS)
    decay_is_over.now += timedelta(days=100)
    assert decay_is_over.nightly()["members"] == 0


def test_a_night_looks_once_at_whom_an_earlier_programme_has_left_for_it(decay_is_over: App) -> None:
    decay_is_over.now += timedelta(days=100)
    assert [decay_is_over.nightly()["members"] for _ in range(2)] == [MEMBERS, 0]
