"""SiteEvents: streams the fragment of a site's waiting page as server-sent events."""

from __future__ import annotations

from fastapi import Request

from domain.sites.site_room import SiteRoom
from waitroom.member_status import MemberStatus
from waitroom.poll_interval import UNREACHABLE_S
from web.auth.member_tokens import Visitor
from web.container import get_container
from web.enter_line import ticket_arrival_us
from web.pages.member.place_text import read_at
from web.pages.member.place_view import PlaceView
from web.pages.render import environment
from web.pages.site.room import FRAGMENT, views_of
from web.pages.site.site_view import SiteViews
from web.place_response import make_place
from web.sse.events import event


class SiteEvents:
    """The writer of one page's stream."""

    repeats = True

    __slots__ = ("_template", "_views", "arrival_us")

    def __init__(self, views: SiteViews, templates_dir: str, arrival_us: int) -> None:
        self._views = views
        self._template = environment(views.language, templates_dir).get_template(FRAGMENT)
        self.arrival_us = arrival_us

    def message(self, standing: MemberStatus, member_id: str) -> bytes:
        """The fragment, also for somebody without a place."""
        now_us, views = standing.facts.now_us, self._views
        if not standing.in_line:
            return self._event(views.plain("absent"), now_us)
        self.arrival_us = standing.arrival_us or self.arrival_us
        place = make_place(standing, room=views.room.code, member_id=member_id, tickets=None)
        return self._event(views.view(place, read_at(now_us)), now_us)

    def unreachable(self, _member_id: str) -> bytes:
        return self._event(self._views.plain("unreachable", UNREACHABLE_S))

    def signed_out(self) -> bytes:
        return self._event(self._views.plain("absent"))

    def _event(self, view: PlaceView, read_us: int | None = None) -> bytes:
        html = self._template.render(
            place=view, room=self._views.room, site_name=self._views.site_name
        )
        return event(html, read_us=read_us)


def make_site_events(request: Request, room: SiteRoom, who: Visitor) -> SiteEvents:
    parts = get_container(request)
    arrival_us = ticket_arrival_us(request, room.code, who.id)
    return SiteEvents(views_of(request, room), parts.templates_dir, arrival_us)
