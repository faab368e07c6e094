"""Coupon jobs, for operators: having codes made, how far that is, and where they are."""

from aws_lambda_powertools.event_handler import Response

from tessera.service import coupon_jobs
from tessera.web import Api, answer

api = Api()


@api.post("/coupon-templates/<template_id>/codes")
def make_codes(template_id: str) -> Response[str]:
    """Have codes made."""
    key = api.header("Idempotency-Key")
    return answer(202, coupon_jobs.make_codes(api.caller, template_id, api.body, key, api.now))


@api.get("/coupon-jobs/<job_id>")
def show(job_id: str) -> Response[str]:
    """Show how far a job is."""
    return answer(200, coupon_jobs.show(job_id))


@api.get("/coupon-jobs/<job_id>/result")
def result(job_id: str) -> Response[str]:
    """Answer where its codes are."""
    return answer(200, coupon_jobs.result(job_id))


@api.post("/coupon-jobs/<job_id>/resume")
def resume(job_id: str) -> Response[str]:
    """Send again what is not done."""
    return answer(200, coupon_jobs.resume(job_id))


lambda_handler = api.handle
