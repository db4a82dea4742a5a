"""The live board: a room's figures, and the controls of its rate and state."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from application.change_room import Change, ChangedMeanwhile, change_room
from domain.room_settings import RoomSettings
from domain.settings_spec import RATE_PER_S_MAX, RoomState
from issuance.errors import NoSuchCoupon, OfficeAway
from issuance.offers import Offer
from waitroom.errors import LineAway, NoSuchRoom
from waitroom.stats.forecast import BOARD_OVER_S
from web.container import get_container, get_offer_cache, get_offer_changes
from web.dependencies import Admin, Operator, RoomCode, refuse_cross_site
from web.i18n import find_language
from web.pages.admin.autopilot import autopilot_view
from web.pages.admin.board_view import BoardView, state_text
from web.pages.admin.changes import last_changes
from web.pages.admin.plan_labels import next_step_sentence
from web.pages.admin.questions import Question, board_question, planned_change
from web.pages.admin.status_sentence import rate
from web.pages.render import page
from web.problems import Problem

router = APIRouter(prefix="/admin/rooms/{code}", include_in_schema=False)

SIMULATED_MAX = 20_000
RATE_MIN_PER_S = 0.1
What = Literal[
    "set", "less", "more", "pause", "resume", "drain", "close", "autopilot", "by_hand"
]  # fmt: skip
STATES: dict[What, RoomState] = {
    "pause": "paused", "resume": "open", "drain": "draining", "close": "closed"
}  # fmt: skip
# The states that a change without a version may end.
STATES_BEFORE: dict[What, tuple[RoomState, ...]] = {
    "pause": ("open", "draining", "paused"),
    "resume": ("paused", "open"),
}


@router.get("")
async def board(request: Request, code: RoomCode, _who: Admin, sent: int = 0) -> Response:
    offer = await _offer(request, code)
    if offer is not None and not offer.has_pages:
        return RedirectResponse(f"/admin/rooms/{code}/plan", 303)
    return await _board(request, code, sent=sent)


@router.get("/board")
async def fragment(request: Request, code: RoomCode, _who: Admin) -> Response:
    """The figures, which the page polls once a second."""
    return page(request, "admin/_board_update.html", board=await _view(request, code))


@router.get("/hand")
async def rate_form(request: Request, code: RoomCode, _who: Admin) -> Response:
    """The controls with the settings in force, for a page without unsaved input."""
    return page(request, "admin/_room_controls.html", board=await _view(request, code), **_asked())


@router.get("/changes")
async def changes(request: Request, code: RoomCode, _who: Admin) -> Response:
    """The last changes, which the page asks for when the settings have a new version."""
    view = await _view(request, code)
    found = await last_changes(request, code)
    return page(request, "admin/_changes.html", board=view, changes=found)


@router.post("/turn")
async def change_rate(
    request: Request,
    code: RoomCode,
    who: Operator,
    what: Annotated[What, Form()],
    version: Annotated[int | None, Form()] = None,
    rate_per_s: Annotated[str, Form(max_length=20)] = "",
    confirmed: Annotated[bool, Form()] = False,
) -> Response:
    """Change a setting. Asks before a dangerous change; after another admin's change in between,
    shows the settings in force.

    version: of the settings that the admin saw. Only `pause` and `resume` do without: a room that
    runs must stop at once, whatever a colleague has just changed.
    """
    refuse_cross_site(request)
    if version is None and what not in STATES_BEFORE:
        raise Problem("bad_request", "version: required")
    try:
        wanted = float(rate_per_s) if what == "set" else await _found(request, code, what)
    except ValueError:
        return await _board(request, code, status=422, is_bad_rate=True, asked_rate=rate_per_s)

    def alter(room: RoomSettings) -> RoomSettings:
        if version is None and room.state not in STATES_BEFORE[what]:
            raise ChangedMeanwhile(asdict(room))
        return changed_settings(room, what, wanted)

    try:
        if not confirmed and (question := await _question(request, code, what, alter, version)):
            return await _board(request, code, question=question, asked_rate=rate_per_s)
        await change_room(get_offer_changes(request), code, alter, who=who, version=version)
    except ValueError as error:
        if what != "set":
            raise Problem("bad_request", str(error)) from error
        return await _board(request, code, status=422, is_bad_rate=True, asked_rate=rate_per_s)
    except ChangedMeanwhile as conflict:
        return await _board(
            request,
            code,
            status=409,
            conflict=what,
            present=conflict.present,
            asked_rate=rate_per_s,
        )
    return RedirectResponse(f"/admin/rooms/{code}", 303)


async def _question(
    request: Request, code: str, what: What, alter: Change, version: int | None
) -> Question | None:
    """What to ask before this change; None where its numbers are unknown, as a store is away."""
    offer = await _offer(request, code)
    try:
        figures = await get_container(request).line.room_stats(code, BOARD_OVER_S)
    except (LineAway, NoSuchRoom):
        return None
    if offer is None or (version is not None and version != offer.version):
        return None  # the change itself is refused
    planned = planned_change(offer, alter, figures)
    if planned is None:
        return None
    fields = {"what": what, "version": str(version)}
    if what == "set":
        fields["rate_per_s"] = f"{planned.new_room.rate_per_s:.15g}"
    return board_question(planned, fields, f"/admin/rooms/{code}", find_language(request))


@router.post("/simulate")
async def simulate(
    request: Request, code: RoomCode, _who: Operator, members: Annotated[int, Form()]
) -> Response:
    """Send a simulated crowd in the demo; `not_found` elsewhere."""
    refuse_cross_site(request)
    parts = get_container(request)
    if not parts.demo or parts.simulate is None:
        raise Problem("not_found")
    if not 1 <= members <= SIMULATED_MAX:
        raise Problem("bad_request", f"members must be from 1 to {SIMULATED_MAX:,}")
    await _offer(request, code)
    sent = parts.simulate(code, members)
    return RedirectResponse(f"/admin/rooms/{code}?sent={members if sent else -1}", 303)


def changed_settings(room: RoomSettings, what: What, wanted: float | None) -> RoomSettings:
    """The settings after this turn. Raises ValueError where the rate would lie out of bounds.

    wanted: with `set` the rate asked for; with `by_hand` the one that the autopilot has found, so
    that the line goes on as it went: the rate that was set before may be far from it.
    """
    if what == "set":
        return room.change(rate_per_s=wanted)
    if what in ("less", "more"):
        return room.change(rate_per_s=_plain(room.rate_per_s * (0.9 if what == "less" else 1.1)))
    if what == "autopilot":
        return room.change(rate_mode="autopilot")
    if what == "by_hand":
        return room.change(rate_mode="manual", rate_per_s=_plain(wanted or room.rate_per_s))
    return room.change(state=STATES[what])


def _plain(per_s: float) -> float:
    """A rounded rate."""
    return min(RATE_PER_S_MAX, max(RATE_MIN_PER_S, round(per_s, 0 if per_s >= 10 else 2)))


async def _found(request: Request, code: str, what: What) -> float | None:
    """The rate in force now, where manual control starts. Raises NoSuchRoom, LineAway."""
    if what != "by_hand":
        return None
    return (await get_container(request).line.room_stats(code)).rate_in_force_per_s


async def _offer(request: Request, code: str) -> Offer | None:
    """The room's offer; None while Postgres is unreachable. Raises NoSuchRoom."""
    try:
        found: Offer = await get_offer_cache(request).any_offer(code)
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    except OfficeAway:
        return None
    if found.room is None:
        raise NoSuchRoom
    return found


async def _view(request: Request, code: str) -> BoardView:
    """Read the board's data. Its work does not grow with the line."""
    parts, office_status = get_container(request), request.app.state.office_status
    offer = await _offer(request, code)
    seen = await office_status.read_status()
    try:
        figures = await parts.line.room_stats(code, BOARD_OVER_S)
    except LineAway:
        figures = None
    except NoSuchRoom:
        if offer is None:
            raise
        figures = None  # Redis came back without it; the admitter settles it within a second
    change = await office_status.last_change(code, figures.version) if figures else None
    view = BoardView.from_stats(
        code,
        figures,
        seen,
        change,
        db_bound=parts.db_connections_max,
        now=parts.line_now(),
        language=find_language(request),
    )
    next_step = next_step_sentence(find_language(request), offer.room if offer else None)
    return replace(view, sentence=f"{view.sentence} {next_step}") if next_step else view


def _asked(**changes: Any) -> dict[str, Any]:
    nothing = {"conflict": "", "present": None, "is_bad_rate": False, "asked_rate": ""}
    return nothing | {"question": None} | changes


async def _board(
    request: Request, code: str, *, status: int = 200, sent: int = 0, **asked: Any
) -> Response:
    parts, language = get_container(request), find_language(request)
    offer = await _offer(request, code)
    view = await _view(request, code)
    present = asked.get("present")
    return page(
        request,
        "admin/board.html",
        status=status,
        board=view,
        autopilot=await autopilot_view(request, code),
        changes=await last_changes(request, code),
        description=offer.coupon.description if offer else code,
        can_simulate=parts.demo and parts.simulate is not None,
        simulated_max=SIMULATED_MAX,
        sent=sent,
        in_force=language.gettext(
            "Current settings: %(rate)s/s, %(state)s.",
            rate=rate(language, present["rate_per_s"]),
            state=state_text(present["state"], language),
        )
        if present
        else "",
        **_asked(**asked),
    )
