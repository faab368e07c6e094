"""What the API answers: one table of its routes.

Method and path are those of template.yaml, which also says who may call; bodies are the shapes that the product itself
reads and writes. Only what no shape can say stands here: which status comes when, and the codes of its problems.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from tessera import answers
from tessera.answers import (
    benefits,
    card,
    checkout,
    coupon_jobs,
    coupons,
    evaluations,
    nights,
    operators,
    purchases,
    sign_ins,
    statement,
    templates,
    tiers,
)
from tessera.checkout import RedemptionRequest
from tessera.messages import ActionDone, OrderCompleted, OrderRefunded
from tessera.programme.coupons import CouponTemplate
from tessera.programme.model import Programme
from tessera.quotes import QuoteRequest
from tessera.service.benefits import UseRequest
from tessera.service.checkout import ConfirmationRequest
from tessera.service.coupon_jobs import CodesRequest
from tessera.service.coupons import ClaimRequest, CodeRequest
from tessera.service.evaluations import EvaluationRequest, ResumptionRequest
from tessera.service.grants import GrantListRequest, GrantRequest
from tessera.service.members import EnrolRequest, LinkRequest, MoveRequest
from tessera.service.operators import (
    AdjustmentRequest,
    PlacementEndRequest,
    PlacementRequest,
    StandingRequest,
    TagsRequest,
)
from tessera.service.orders import MAX_BATCH
from tessera.service.sign_ins import MakeUpRequest
from tessera.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping


class Health(TypedDict):
    """The API and its functions answer."""

    status: Literal["ok"]


class ProblemPlace(TypedDict):
    """One thing that is wrong, and where: a JSON pointer (RFC 6901) into what was sent."""

    pointer: str
    detail: str


class Problem(TypedDict):
    """A problem document (RFC 9457). Programs rely on `code`; nothing that was sent is repeated."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: NotRequired[list[ProblemPlace]]


class GatewayMessage(TypedDict):
    """What API Gateway itself answers, before any function is asked."""

    message: str


class MessageBatch(Shape):
    """Orders and refunds that are taken together, or not at all."""

    messages: Annotated[
        list[Annotated[OrderCompleted | OrderRefunded, Field(discriminator="type")]],
        Field(min_length=1, max_length=MAX_BATCH),
    ]


class ActionBatch(Shape):
    """Actions that are taken together, or not at all."""

    messages: Annotated[list[ActionDone], Field(min_length=1, max_length=MAX_BATCH)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route of the API.

    Attributes:
        name: the operation's id.
        summary: what it does, in a line.
        detail: what a client has to know besides.
        body: the shape of the request's body, None if it has none.
        body_required: whether the body may not be left out.
        query: the names of the query's parameters.
        repeats_by_key: whether `Idempotency-Key` makes a repeat answer what the first request was answered.
        answers: the shape of each success, by status.
        refusals: the codes of the problem documents, by status; what every function may answer is not repeated here.
    """

    name: str
    summary: str
    detail: str = ""
    body: Any = None
    body_required: bool = True
    query: tuple[str, ...] = ()
    repeats_by_key: bool = False
    answers: Mapping[int, Any]
    refusals: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


NOT_ISSUED = ("limit_reached", "sold_out", "template_over", "template_paused", "template_retired")
"""Why a coupon is issued to nobody, or to a member no more."""

ROUTES: Mapping[str, Mapping[str, Route]] = {
    "Health": {
        "GET /health": Route(
            name="health",
            summary="Say whether the API answers",
            answers={200: Health},
        ),
    },
    "Members": {
        "POST /members": Route(
            name="enrol",
            summary="Enrol the caller, or a customer of the shop",
            detail="Once for each identity: a repeat is answered 200, with the card as it is now. With a shop's or an "
            "operator's token the body names the shop's own customer number as `identity`.",
            body=EnrolRequest,
            body_required=False,
            answers={201: card.Card, 200: card.Card},
            refusals={400: ("not_json",), 409: ("try_again",), 422: ("invalid",)},
        ),
        "GET /members/{member_id}": Route(
            name="show_card",
            summary="Show the member card",
            detail="With `as_of` the card as it was at a past instant, by what had been recorded by then; 404 if the "
            "member had not enrolled.",
            query=("as_of",),
            answers={200: card.Card},
            refusals={400: ("bad_as_of",), 404: ("not_found",)},
        ),
        "GET /members/{member_id}/tier": Route(
            name="show_tier",
            summary="Show what leads to the next tier, what keeps the present one, and its history",
            detail="`keep` counts what will still count when the term ends; `history` has the last twenty changes, the "
            "newest first; of a `placement_ended`, `tier` is the one that was left. With `if_spend`, minor units of "
            "the programme's currency, also what an order of so much would bring at the base rates; nothing changes by "
            "asking. `growth_counts_from` says until when its growth waits, null if it counts at once.",
            query=("if_spend",),
            answers={200: tiers.TierInFull},
            refusals={400: ("bad_if_spend",), 404: ("not_found",)},
        ),
        "PATCH /members/{member_id}": Route(
            name="move",
            summary="Move a member to another time zone",
            detail="From then on the member's days are those of that zone. The day that was signed in on last has to "
            "be over where that was before another can be. To be in the zone already changes nothing.",
            body=MoveRequest,
            answers={200: card.Card},
            refusals={
                400: ("not_json",),
                404: ("not_found",),
                409: ("member_closed", "try_again"),
                422: ("invalid",),
            },
        ),
        "GET /members/{member_id}/entries": Route(
            name="list_entries",
            summary="List the statement, newest first",
            detail="With `as_of` the entries that had been recorded by a past instant. Operators see the note of an "
            "adjustment, and by whom it was.",
            query=("as_of", "limit", "cursor"),
            answers={200: statement.EntryPage},
            refusals={400: ("bad_as_of", "bad_limit", "bad_cursor"), 404: ("not_found",)},
        ),
        "GET /members/{member_id}/entries/verification": Route(
            name="verify_entries",
            summary="Recompute a member's chain, balances and lots, and say the first mismatch",
            detail="Reads all of the member's entries. An entry's hash is the SHA-256 of the one before it and of its "
            "own content.",
            answers={200: statement.Verification},
            refusals={404: ("not_found",)},
        ),
        "POST /members/{member_id}/identities": Route(
            name="link_identity",
            summary="Link one more identity to a member",
            detail="An identity is linked once and never moved; linking it to the same member again changes nothing.",
            body=LinkRequest,
            answers={200: answers.Status},
            refusals={
                400: ("not_json",),
                404: ("not_found",),
                409: ("identity_taken", "try_again"),
                422: ("invalid",),
            },
        ),
    },
    "Sign-ins": {
        "POST /members/{member_id}/sign-ins": Route(
            name="sign_in",
            summary="Sign a member in on today's local day",
            detail="A second sign-in on the same local day of the member is answered 200, with the first one's body.",
            answers={201: sign_ins.SignIn, 200: sign_ins.SignIn},
            refusals={403: ("member_frozen", "member_closed"), 404: ("not_found",), 409: ("try_again",)},
        ),
        "POST /members/{member_id}/make-ups": Route(
            name="make_up",
            summary="Use a make-up card for a day that was missed",
            detail="The day counts as signed in on: it gives the daily reward, and what the streak that it mends would "
            "have given. A repeat for the same day is answered 200, with the first one's body.",
            body=MakeUpRequest,
            answers={201: sign_ins.MadeUp, 200: sign_ins.MadeUp},
            refusals={
                400: ("not_json",),
                403: ("member_frozen", "member_closed"),
                404: ("not_found",),
                409: (
                    "no_make_up",
                    "no_make_up_card",
                    "day_not_over",
                    "day_signed_in",
                    "day_not_missed",
                    "day_too_long_ago",
                    "before_enrolment",
                    "try_again",
                ),
                422: ("invalid",),
            },
        ),
        "GET /members/{member_id}/sign-ins": Route(
            name="show_sign_ins",
            summary="Show a month of sign-ins, and which days could be made up now",
            query=("month",),
            answers={200: sign_ins.SignInMonth},
            refusals={400: ("bad_month",), 404: ("not_found",)},
        ),
    },
    "Purchases": {
        "POST /purchases": Route(
            name="send_purchases",
            summary="Put orders and refunds on the purchases queue",
            detail="One message, or a batch that is taken whole or refused whole. A shop may as well send each message "
            "to the purchases queue itself. An order is known by `order_id`, a refund by `refund_id`: the same one "
            "twice changes nothing, the same id with other content becomes a dead letter. A refund may come before its "
            "order. Without `member_id` and `identity` an order is a guest's.",
            body=OrderCompleted | OrderRefunded | MessageBatch,
            answers={202: answers.Accepted},
            refusals={400: ("not_json",), 422: ("invalid", "in_the_future", "unknown_currency")},
        ),
        "GET /purchases/{order_id}": Route(
            name="show_purchase",
            summary="Show an order as it was counted",
            detail="404 while the order is still in the queue.",
            answers={200: purchases.Purchase},
            refusals={404: ("not_found",)},
        ),
    },
    "Actions": {
        "POST /actions": Route(
            name="send_actions",
            summary="Put actions on the purchases queue",
            detail="One message, or a batch that is taken whole or refused whole. What each kind earns, and up to what "
            "caps, the programme says. An action is known by `action_id`: the same one twice changes nothing, the same "
            "id with other content becomes a dead letter.",
            body=ActionDone | ActionBatch,
            answers={202: answers.Accepted},
            refusals={400: ("not_json",), 422: ("invalid", "in_the_future", "unknown_action")},
        ),
    },
    "Operators": {
        "POST /members/{member_id}/adjustments": Route(
            name="adjust",
            summary="Give points or growth, or take points, with a reason",
            detail="The reasons, and how much each role may adjust in one entry, are the programme's. Points are taken "
            "from what is available, the soonest to expire first. The answer is the entry.",
            body=AdjustmentRequest,
            repeats_by_key=True,
            answers={201: statement.Entry},
            refusals={
                400: ("not_json", "bad_idempotency_key"),
                403: ("above_ceiling",),
                404: ("not_found",),
                409: ("insufficient_points", "member_closed", "idempotency_key_reused", "try_again"),
                422: ("invalid", "unknown_reason"),
            },
        ),
        "POST /members/{member_id}/standing": Route(
            name="change_standing",
            summary="Freeze a member, lift that, or close the account for good",
            detail="A frozen member earns and redeems nothing and keeps what it has; refunds apply. A standing that a "
            "member has already changes nothing.",
            body=StandingRequest,
            repeats_by_key=True,
            answers={200: operators.Standing},
            refusals={
                400: ("not_json", "bad_idempotency_key"),
                404: ("not_found",),
                409: ("member_closed", "idempotency_key_reused", "try_again"),
                422: ("invalid", "unknown_reason"),
            },
        ),
        "POST /members/{member_id}/placements": Route(
            name="place",
            summary="Place a member on a tier for a time, whatever is earned",
            detail="For a tier that is by invitation only, for example. What the member earns goes on beneath it, and "
            "is what remains when the time is over. A placement replaces another.",
            body=PlacementRequest,
            repeats_by_key=True,
            answers={201: operators.Placed},
            refusals={
                400: ("not_json", "bad_idempotency_key"),
                404: ("not_found",),
                409: ("member_closed", "tier_not_higher", "idempotency_key_reused", "try_again"),
                422: ("invalid", "unknown_reason", "unknown_tier"),
            },
        ),
        "POST /members/{member_id}/placements/end": Route(
            name="end_placement",
            summary="End a placement before its time",
            detail="Without a placement nothing happens.",
            body=PlacementEndRequest,
            repeats_by_key=True,
            answers={200: operators.Placed},
            refusals={
                400: ("not_json", "bad_idempotency_key"),
                404: ("not_found",),
                409: ("idempotency_key_reused", "try_again"),
                422: ("invalid", "unknown_reason"),
            },
        ),
        "PUT /members/{member_id}/tags": Route(
            name="tag_member",
            summary="Mark a member with tags, in the place of those there were",
            detail="Safe to repeat. Coupons may be for members with a tag.",
            body=TagsRequest,
            answers={200: operators.Tags},
            refusals={
                400: ("not_json",),
                404: ("not_found",),
                409: ("member_closed", "try_again"),
                422: ("invalid", "unknown_reason"),
            },
        ),
    },
    "Recalculation": {
        "GET /nights": Route(
            name="list_nights",
            summary="List the latest hundred nights, newest first",
            query=("limit", "cursor"),
            answers={200: nights.NightPage},
            refusals={400: ("bad_limit", "bad_cursor")},
        ),
        "GET /nights/{night_id}": Route(
            name="show_night",
            summary="Show how far a night is, and what has come of it",
            detail="A night is known by the time of the event that started it: running the nightly function again with "
            "that time continues the same night.",
            answers={200: nights.NightSummary},
            refusals={404: ("not_found",)},
        ),
        "POST /tier-evaluations": Route(
            name="start_evaluation",
            summary="Evaluate all members under the programme in force, in the background",
            detail="Members are handed out at `rate` a second. Who has earned more than they have gets it; within a "
            "term nobody loses what they have. One evaluation runs at a time. After a 503 repeat it with the same key, "
            "or resume it.",
            body=EvaluationRequest,
            repeats_by_key=True,
            answers={201: evaluations.EvaluationSummary},
            refusals={
                400: ("not_json", "bad_idempotency_key"),
                409: ("evaluation_running", "idempotency_key_reused", "try_again"),
                422: ("invalid",),
            },
        ),
        "GET /tier-evaluations": Route(
            name="list_evaluations",
            summary="List evaluations, newest first",
            query=("limit", "cursor"),
            answers={200: evaluations.EvaluationPage},
            refusals={400: ("bad_limit", "bad_cursor")},
        ),
        "GET /tier-evaluations/{evaluation_id}": Route(
            name="show_evaluation",
            summary="Show how far an evaluation is, and what has changed",
            answers={200: evaluations.EvaluationSummary},
            refusals={404: ("not_found",)},
        ),
        "POST /tier-evaluations/{evaluation_id}/stop": Route(
            name="stop_evaluation",
            summary="Hand out no more members",
            detail="A step that is handing out members already, those of five seconds, hands out all of them. Who is "
            "in the queue is evaluated still. Safe to repeat.",
            answers={200: evaluations.EvaluationSummary},
            refusals={404: ("not_found",), 409: ("try_again",)},
        ),
        "POST /tier-evaluations/{evaluation_id}/resume": Route(
            name="resume_evaluation",
            summary="Go on from where the evaluation was stopped, or at another rate",
            detail="Safe to repeat. One that runs gets a message for its next step, in case its own was lost.",
            body=ResumptionRequest,
            body_required=False,
            answers={200: evaluations.EvaluationSummary},
            refusals={
                400: ("not_json",),
                404: ("not_found",),
                409: ("evaluation_running", "evaluation_done", "try_again"),
                422: ("invalid",),
            },
        ),
    },
    "Coupons": {
        "GET /coupon-templates": Route(
            name="list_coupon_templates",
            summary="List the coupons that the caller may claim now",
            answers={200: coupons.TemplatePage},
        ),
        "POST /coupon-templates": Route(
            name="create_coupon_template",
            summary="Create a coupon template",
            detail="Known by its `id`: the same template again is answered 200.",
            body=CouponTemplate,
            answers={201: templates.TemplateHead, 200: templates.TemplateHead},
            refusals={
                400: ("not_json",),
                409: ("template_exists", "too_many_templates", "try_again"),
                422: ("invalid", "public_code_taken"),
            },
        ),
        "GET /coupon-templates/{template_id}": Route(
            name="show_coupon_template",
            summary="Show how a coupon template stands",
            answers={200: templates.TemplateHead},
            refusals={404: ("not_found",)},
        ),
        "PUT /coupon-templates/{template_id}": Route(
            name="change_coupon_template",
            summary="Change what is issued from now on",
            detail="What was issued stays as it is. `stock`, `redemptions` and `budget` may only be raised. Safe to "
            "repeat. A template of the programme becomes the operators' by its first change.",
            body=CouponTemplate,
            answers={200: templates.TemplateHead},
            refusals={
                400: ("not_json",),
                404: ("not_found",),
                409: ("template_retired", "too_many_templates", "try_again"),
                422: ("invalid", "public_code_taken"),
            },
        ),
        "POST /coupon-templates/{template_id}/pause": Route(
            name="pause_coupon_template",
            summary="Issue no more until it is resumed",
            detail="Coupons in hand stay good. Safe to repeat.",
            answers={200: templates.TemplateHead},
            refusals={
                404: ("not_found",),
                409: (
                    "template_retired",
                    "too_many_templates",
                    "try_again",
                ),
            },
        ),
        "POST /coupon-templates/{template_id}/resume": Route(
            name="resume_coupon_template",
            summary="Issue again",
            detail="Safe to repeat.",
            answers={200: templates.TemplateHead},
            refusals={
                404: ("not_found",),
                409: (
                    "template_retired",
                    "too_many_templates",
                    "try_again",
                ),
            },
        ),
        "POST /coupon-templates/{template_id}/retire": Route(
            name="retire_coupon_template",
            summary="Issue no more, for good",
            detail="Coupons in hand stay good. Safe to repeat.",
            answers={200: templates.TemplateHead},
            refusals={404: ("not_found",), 409: ("try_again",)},
        ),
        "GET /coupon-templates/{template_id}/versions": Route(
            name="list_coupon_template_versions",
            summary="List the versions of a coupon template, newest first",
            detail="Creating, changing, pausing, resuming and retiring each make one. Version 0, as the programme has "
            "it, is none of them.",
            query=("limit", "cursor"),
            answers={200: templates.TemplateVersions},
            refusals={400: ("bad_limit", "bad_cursor"), 404: ("not_found",)},
        ),
        "POST /coupon-templates/{template_id}/grants": Route(
            name="grant_coupon",
            summary="Grant a coupon to a member, or to each of a list",
            detail="The member need not be one of those who may claim it, and pays no points for it. A list of up to "
            "10,000 is answered 202 with a job, which grants them in the background; who is refused one is in its "
            "result.",
            body=GrantRequest | GrantListRequest,
            repeats_by_key=True,
            answers={201: coupons.Coupon, 202: coupon_jobs.CouponJobSummary},
            refusals={
                400: ("not_json", "bad_idempotency_key"),
                403: ("not_eligible",),
                404: ("not_found",),
                409: (*NOT_ISSUED, "idempotency_key_reused", "try_again"),
                422: ("invalid", "unknown_member"),
            },
        ),
        "POST /coupon-templates/{template_id}/codes": Route(
            name="make_codes",
            summary="Have codes made, each of which brings one coupon to whoever uses it",
            detail="They are made in the background. A code is sixteen characters, shown in groups of four. After a "
            "503 repeat it with the same key, or resume the job.",
            body=CodesRequest,
            repeats_by_key=True,
            answers={202: coupon_jobs.CouponJobSummary},
            refusals={
                400: ("not_json", "bad_idempotency_key"),
                404: ("not_found",),
                409: ("template_retired", "codes_exhausted", "idempotency_key_reused", "try_again"),
                422: ("invalid",),
            },
        ),
        "GET /coupon-jobs/{job_id}": Route(
            name="show_coupon_job",
            summary="Show how much of a job is done",
            answers={200: coupon_jobs.CouponJobSummary},
            refusals={404: ("not_found",)},
        ),
        "GET /coupon-jobs/{job_id}/result": Route(
            name="show_coupon_job_result",
            summary="Answer where the codes of a job can be fetched, or who of a list was refused a coupon",
            detail="Codes are in files of up to 50,000, one in a line, which are kept for a week. Whoever has an "
            "address has the codes.",
            answers={200: coupon_jobs.CodesResult | coupon_jobs.GrantsResult},
            refusals={404: ("not_found",), 409: ("job_running",)},
        ),
        "POST /coupon-jobs/{job_id}/resume": Route(
            name="resume_coupon_job",
            summary="Send again what is not done of a job",
            detail="For a job that stands still because a message was lost. Safe to repeat.",
            answers={200: coupon_jobs.CouponJobSummary},
            refusals={404: ("not_found",)},
        ),
        "POST /members/{member_id}/coupons": Route(
            name="claim_coupon",
            summary="Issue a coupon to a member",
            detail="By the id of a template, which must be for this member and may cost points, or by a code. One of "
            "many codes brings one coupon, to whoever uses it first; letters in either case, with dashes or without. "
            "After ten wrong codes of a member within an hour the next one has to wait, `too_many_attempts`; so it has "
            "after five hundred that a shop has asked for, whoever's they were.",
            body=ClaimRequest | CodeRequest,
            repeats_by_key=True,
            answers={201: coupons.Coupon},
            refusals={
                400: ("not_json", "bad_idempotency_key"),
                403: ("not_eligible",),
                404: ("not_found", "unknown_code"),
                409: (*NOT_ISSUED, "insufficient_points", "idempotency_key_reused", "try_again"),
                422: ("invalid", "unknown_template"),
                429: ("too_many_attempts",),
            },
        ),
        "GET /members/{member_id}/coupons": Route(
            name="list_coupons",
            summary="List a member's coupons",
            query=("status", "limit", "cursor"),
            answers={200: coupons.CouponPage},
            refusals={400: ("bad_status", "bad_limit", "bad_cursor"), 404: ("not_found",)},
        ),
    },
    "Checkout": {
        "POST /members/{member_id}/quotes": Route(
            name="quote",
            summary="Price a basket; nothing changes",
            body=QuoteRequest,
            answers={200: checkout.QuoteAnswer},
            refusals={400: ("not_json",), 404: ("not_found",), 422: ("invalid", "unknown_currency")},
        ),
        "POST /members/{member_id}/redemptions": Route(
            name="hold_redemption",
            summary="Hold coupons and points for an order: all of them, or nothing",
            detail="The hold lapses by itself at `expires_at`. A repeat for the same order is answered 200, with the "
            "first one's body.",
            body=RedemptionRequest,
            answers={201: checkout.Held, 200: checkout.Held},
            refusals={
                400: ("not_json",),
                403: ("member_frozen", "member_closed"),
                404: ("not_found",),
                409: (
                    "order_already_held",
                    "order_already_counted",
                    "too_many_holds",
                    "insufficient_points",
                    "points_below_minimum",
                    "points_above_ceiling",
                    "coupon_unknown",
                    "coupon_held",
                    "coupon_redeemed",
                    "coupon_returned",
                    "coupon_expired",
                    "coupon_not_yet_valid",
                    "coupon_not_first_order",
                    "coupon_below_threshold",
                    "coupon_no_goods",
                    "coupon_too_few_units",
                    "coupon_incomplete_bundle",
                    "coupon_no_discount",
                    "coupon_no_gain",
                    "coupon_not_stackable",
                    "coupon_used_up",
                    "coupon_budget_spent",
                    "try_again",
                ),
                422: ("invalid", "unknown_currency"),
            },
        ),
        "POST /members/{member_id}/redemptions/{redemption_id}/confirm": Route(
            name="confirm_redemption",
            summary="Confirm a redemption, or the lines of it that are named",
            detail="Confirm before the payment is captured. Safe to repeat. What a shop has held, only a shop or an "
            "operator confirms. An `order.completed` message that names "
            "the redemption confirms it as well.",
            body=ConfirmationRequest,
            body_required=False,
            answers={200: answers.Status},
            refusals={
                400: ("not_json",),
                403: ("made_by_shop",),
                404: ("not_found",),
                409: ("redemption_released", "redemption_confirmed", "order_already_counted", "try_again"),
                422: ("invalid",),
            },
        ),
        "POST /members/{member_id}/redemptions/{redemption_id}/release": Route(
            name="release_redemption",
            summary="Release a redemption: points and coupons are the member's again",
            detail="Safe to repeat. What a shop has held, only a shop or an operator releases.",
            answers={200: answers.Status},
            refusals={403: ("made_by_shop",), 404: ("not_found",), 409: ("redemption_confirmed", "try_again")},
        ),
    },
    "Benefits": {
        "GET /members/{member_id}/benefits": Route(
            name="list_benefits",
            summary="List all benefits, and what the member may make of each",
            answers={200: benefits.BenefitList},
            refusals={404: ("not_found",)},
        ),
        "GET /members/{member_id}/benefits/{benefit_id}": Route(
            name="show_benefit",
            summary="Show a benefit, and what the member may make of it now",
            detail="Beside the terms of the member's tier, `terms` have what is the same on every tier: `stacks` of a "
            "price, `area` of a priority, `to` of something exclusive. If the member is not entitled to it, `code` "
            "says why: `tier_too_low`, `other_account`, `quota_used_up`, `birthday_unknown`, `outside_birthday`, "
            "`member_frozen` or `member_closed`.",
            answers={200: benefits.Benefit},
            refusals={404: ("not_found",)},
        ),
        "POST /members/{member_id}/benefits/{benefit_id}/uses": Route(
            name="use_benefit",
            summary="Use a benefit once",
            detail="A use is known by `use_id`: a repeat is answered 200, with the first one's body. What a redemption "
            "applies by itself it uses by itself.",
            body=UseRequest,
            answers={201: benefits.BenefitUse, 200: benefits.BenefitUse},
            refusals={
                400: ("not_json",),
                403: ("not_entitled",),
                404: ("not_found",),
                409: ("quota_used_up", "use_released", "use_id_reused", "try_again"),
                422: ("invalid",),
            },
        ),
        "POST /members/{member_id}/benefits/{benefit_id}/uses/{use_id}/release": Route(
            name="release_use",
            summary="Take a use back",
            detail="Safe to repeat. A use of a period that is over gives nothing back.",
            answers={200: answers.Status},
            refusals={404: ("not_found",), 409: ("try_again",)},
        ),
    },
    "Programme": {
        "GET /programme": Route(
            name="show_programme",
            summary="Show the programme in force",
            answers={200: Programme},
        ),
    },
}
"""The routes by method and path, in the groups in which they are published."""
