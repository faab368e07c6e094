"""Coupon templates, for operators: creating, changing, pausing and retiring them, their versions, and grants."""

from aws_lambda_powertools.event_handler import Response

from tessera.service import templates
from tessera.web import Api, answer

api = Api()


@api.post("/coupon-templates")
def create() -> Response[str]:
    """Create a template."""
    created = templates.create(api.caller, api.body, api.now)
    return answer(201 if created.new else 200, created.answer)


@api.get("/coupon-templates/<template_id>")
def show(template_id: str) -> Response[str]:
    """Show how a template stands."""
    return answer(200, templates.show(template_id))


@api.put("/coupon-templates/<template_id>")
def change(template_id: str) -> Response[str]:
    """Change what is issued from now on."""
    return answer(200, templates.change(api.caller, template_id, api.body, api.now))


@api.post("/coupon-templates/<template_id>/pause")
def pause(template_id: str) -> Response[str]:
    """Issue no more until it is resumed."""
    return answer(200, templates.pause(api.caller, template_id, api.now))


@api.post("/coupon-templates/<template_id>/resume")
def resume(template_id: str) -> Response[str]:
    """Issue again."""
    return answer(200, templates.resume(api.caller, template_id, api.now))


@api.post("/coupon-templates/<template_id>/retire")
def retire(template_id: str) -> Response[str]:
    """Issue no more, for good."""
    return answer(200, templates.retire(api.caller, template_id, api.now))


@api.get("/coupon-templates/<template_id>/versions")
def list_versions(template_id: str) -> Response[str]:
    """List the versions."""
    return answer(200, templates.list_versions(template_id, api.parameter("limit"), api.parameter("cursor")))


@api.post("/coupon-templates/<template_id>/grants")
def grant(template_id: str) -> Response[str]:
    """Grant a coupon to a member, or to each of a list."""
    # What this route alone needs is imported here: issuing, and the jobs that grant to many.
    from tessera.service import grants  # noqa: PLC0415

    granted = grants.grant(api.caller, template_id, api.body, api.header("Idempotency-Key"), api.now)
    return answer(202 if granted.in_background else 201, granted.answer)


lambda_handler = api.handle
