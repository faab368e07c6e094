"""Codes by the thousand: made in the background, counted once, told once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tessera import codes, coupon_jobs
from tests.personal import subject

if TYPE_CHECKING:
    from tests.app import App

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")  # of a batch that failed

TEMPLATE = {
    "id": "spring",
    "kind": "amount_off",
    "name": "£5 off",
    "terms": "£5 off any basket, once for each member.",
    "amount": 500,
    "valid_days": 30,
    "claimable": False,
}
PATH = "/coupon-templates/spring/codes"
QUEUE = "CouponJobsQueue"


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let parts have three codes and files two parts: more of them say no more."""
    monkeypatch.setattr(codes, "PART_CODES", 3)
    monkeypatch.setattr(coupon_jobs, "FILE_CODES", 6)
    monkeypatch.setattr(coupon_jobs, "_FILE_PARTS", 2)


@pytest.fixture
def shop(app: App) -> App:
    """A template that members do not claim."""
    assert app.post("/coupon-templates", TEMPLATE, as_="operator").status == 201
    return app


def start(app: App, count: int = 14, key: str | None = None) -> Any:
    """Have codes made, and answer the job."""
    answer = app.post(PATH, {"count": count}, as_="operator", key=key)
    assert answer.status == 202, answer.text
    return answer.json


def show(app: App, job: Any) -> Any:
    """Answer how far a job is."""
    return app.get(f"/coupon-jobs/{job['job_id']}", as_="operator").json


def fetch(app: App, job: Any) -> list[str]:
    """Answer the codes of a job, as its files have them."""
    result = app.get(f"/coupon-jobs/{job['job_id']}/result", as_="operator")
    assert result.status == 200, result.text
    found = []
    s3 = boto3.client("s3")
    for number, file in enumerate(result.json["files"], 1):
        key = f"codes/{job['job_id']}/{number:04}.txt"
        assert f"{key}?" in file["url"]
        lines = s3.get_object(Bucket=app.addresses["CodesBucket"], Key=key)["Body"].read().decode().splitlines()
        assert len(lines) == file["count"]
        found += lines
    return found


def test_codes_are_made_in_the_background(shop: App) -> None:
    job = start(shop)
    assert job == {
        "job_id": "cj_1",
        "kind": "codes",
        "template_id": "spring",
        "status": "running",
        "started_at": "2026-03-02T12:00:00Z",
        "started_by": subject("operator"),
        "finished_at": None,
        "count": 14,
        "done": 0,
    }
    shop.get("/coupon-jobs/cj_1/result", as_="operator").refused(409, "job_running")

    shop.work_off(QUEUE)

    assert show(shop, job) == job | {"status": "done", "finished_at": "2026-03-02T12:00:00Z", "done": 14}
    made = fetch(shop, job)
    assert len(set(made)) == 14
    assert all(codes.read(code) for code in made)


def test_two_jobs_have_no_code_and_no_part_in_common(shop: App) -> None:
    jobs = [start(shop), start(shop)]
    shop.work_off(QUEUE)

    first, second = (fetch(shop, job) for job in jobs)

    parts = [{codes.part_of(str(codes.read(code))) for code in made} for made in (first, second)]
    assert parts == [set(range(5)), set(range(5, 10))]


def test_a_file_that_is_delivered_twice_is_made_alike_and_counted_once(shop: App) -> None:
    job = start(shop)
    first, *others = shop.waiting(QUEUE, 3)
    assert shop.deliver(QUEUE, first) == []
    assert show(shop, job)["done"] == 6
    assert shop.deliver(QUEUE, first) == []
    assert show(shop, job)["done"] == 6

    for other in others:
        assert shop.deliver(QUEUE, other) == []
    made = fetch(shop, job)
    assert shop.deliver(QUEUE, first) == []  # when there is no secret any more

    assert fetch(shop, job) == made
    assert show(shop, job)["done"] == 14


def test_nothing_that_is_kept_tells_a_code(shop: App) -> None:
    job = start(shop)
    shop.work_off(QUEUE)
    made = fetch(shop, job)

    dynamodb = boto3.client("dynamodb")
    kept = [dynamodb.scan(TableName=table)["Items"] for table in ("CodesTable", "OperationsTable")]

    assert len(kept[0]) == 5
    assert not any("secret" in record for record in kept[1])
    assert not any(code.replace("-", "") in str(kept) for code in made)


def test_what_was_lost_is_sent_again(shop: App) -> None:
    job = start(shop)
    first, *_ = shop.waiting(QUEUE, 3)
    shop.deliver(QUEUE, first)
    boto3.client("sqs").purge_queue(QueueUrl=shop.addresses[QUEUE])

    resumed = shop.post("/coupon-jobs/cj_1/resume", as_="operator")

    assert (resumed.status, resumed.json["done"]) == (200, 6)
    assert sorted(json.loads(body)["file"] for body in shop.waiting(QUEUE, 10)) == [1, 2]
    shop.work_off(QUEUE)
    assert show(shop, job)["status"] == "done"
    assert len(fetch(shop, job)) == 14

    shop.post("/coupon-jobs/cj_1/resume", as_="operator")
    assert shop.waiting(QUEUE) == []


def test_a_repeat_makes_no_second_job(shop: App) -> None:
    job = start(shop, key="k")

    again = shop.post(PATH, {"count": 14}, as_="operator", key="k")

    assert (again.status, again.json) == (202, job)
    shop.get("/coupon-jobs/cj_2", as_="operator").refused(404, "not_found")
    shop.post(PATH, {"count": 15}, as_="operator", key="k").refused(409, "idempotency_key_reused")
    shop.work_off(QUEUE)
    assert show(shop, job)["done"] == 14


@pytest.mark.parametrize("count", [0, 1_000_001, "ten", 1.5, None])
def test_a_number_of_codes_is_wanted(shop: App, count: object) -> None:
    assert shop.post(PATH, {"count": count}, as_="operator").pointers() == ["/count"]


def test_a_template_is_wanted_that_is_not_retired(shop: App) -> None:
    shop.post("/coupon-templates/none/codes", {"count": 1}, as_="operator").refused(404, "not_found")
    shop.post("/coupon-templates/spring/pause", as_="operator")
    start(shop)
    shop.post("/coupon-templates/spring/retire", as_="operator")
    shop.post(PATH, {"count": 1}, as_="operator").refused(409, "template_retired")


def test_there_are_only_so_many_parts(shop: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "PARTS", 4)

    shop.post(PATH, {"count": 13}, as_="operator").refused(409, "codes_exhausted")

    assert start(shop, 12)["job_id"] == "cj_1"


@pytest.mark.parametrize("path", ["/coupon-jobs/cj_9", "/coupon-jobs/cj_9/result"])
def test_there_is_nothing_of_another_job(shop: App, path: str) -> None:
    shop.get(path, as_="operator").refused(404, "not_found")


def test_what_is_no_message_comes_again(shop: App) -> None:
    unknown = {"schema_version": 1, "type": "codes", "job_id": "cj_9", "file": 0}
    assert shop.deliver(QUEUE, "{}", json.dumps(unknown), "no json") == [0, 1, 2]
