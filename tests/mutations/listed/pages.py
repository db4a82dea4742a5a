"""SECURITY.md and the promises, of pages that are answered before the framework."""

from tests.mutations.mutation import Mutation

_IN_FAST_PAGES = "integration/test_fast_pages.py::"
_IN_REQUESTS = "unit/test_page_request.py::"
_IN_RESPONSES = "unit/test_fast_path_responses.py::"

_IN_PLACE_PAGES = "unit/test_template_place.py::"

MUTATIONS = (
    Mutation(
        name="a_used_coupon_looks_unused",
        summary="a used coupon still looks ready to use on its ticket page",
        promise=4,
        file="web/pages/member/place_text.py",
        within="coupon_status",
        old="(Status.EXPIRED if is_over else issued.status).value",
        new="Status.UNUSED.value",
        noticed_by=(
            f"{_IN_PLACE_PAGES}test_a_coupon_that_is_used_or_expired_looks_so_and_leads_nowhere",
        ),
    ),
    Mutation(
        name="the_last_ones_of_a_stock_are_promised",
        summary="the outlook promises a coupon to members behind the stock",
        promise=4,
        file="web/pages/member/place_text.py",
        within="find_outlook",
        old='return "unlikely"',
        new='return "close"',
        noticed_by=(f"{_IN_PLACE_PAGES}test_what_is_left_is_held_against_who_is_ahead",),
    ),
    Mutation(
        name="a_prepared_page_keeps_its_first_member",
        summary="personal values are cached in a prepared page",
        promise=9,
        file="web/pages/member/page_cache.py",
        within="PreparedPages.place_page",
        old='_SeenMember(texts["member_id"], texts["member_name"])',
        new="_SeenMember(member.id, member.name)",
        noticed_by=(f"{_IN_FAST_PAGES}test_each_member_gets_their_own_page",),
    ),
    Mutation(
        name="a_prepared_page_shows_names_unescaped",
        promise=9,
        file="web/pages/page_template.py",
        within="_escaped",
        old="tuple(str(escape(text)) for text in texts)",
        new="texts",
        noticed_by=(
            f"{_IN_FAST_PAGES}test_each_member_gets_their_own_page",
            "unit/test_page_template.py::test_a_filled_page_has_each_text_in_its_place_escaped",
        ),
    ),
    Mutation(
        name="a_browser_gets_what_another_one_accepts",
        summary="a page is compressed for a browser that does not accept it",
        promise=8,
        file="web/fast_path/page_request.py",
        within="find_browser",
        old="find(cookie, accept_language, accept_encoding, secure)",
        new='find(cookie, accept_language, b"gzip", secure)',
        noticed_by=(f"{_IN_REQUESTS}test_browsers_with_equal_cookies_may_accept_other_things",),
    ),
    Mutation(
        name="of_two_headers_a_page_takes_the_last",
        summary="a page's header that comes twice is read before the framework",
        promise=9,
        file="web/fast_path/page_request.py",
        within="_by_name",
        old="len(set(read)) < len(read)",
        new="False",
        noticed_by=(
            f"{_IN_REQUESTS}test_a_header_that_is_not_plain_or_sent_twice_is_the_frameworks",
        ),
    ),
    Mutation(
        name="another_site_may_enter_by_the_fast_form",
        promise=9,
        file="web/fast_path/page_request.py",
        within="parse_page",
        old="is_cross_site(*(_text(found, name) for name in _FORM_ORIGIN))",
        new="False",
        noticed_by=(
            f"{_IN_FAST_PAGES}test_anything_unusual_is_left_to_the_framework",
            f"{_IN_REQUESTS}test_a_form_from_another_site_is_the_frameworks",
        ),
    ),
    Mutation(
        name="a_refused_form_enters_again",
        summary="a form that the fast path has entered is entered again by its route",
        promise=3,
        file="web/fast_path/pages.py",
        within="FastPages._enter",
        old="keep_entry(scope, entered)",
        new="",
        noticed_by=(f"{_IN_FAST_PAGES}test_entering_counts_once_where_its_page_fails",),
    ),
    Mutation(
        name="any_signature_makes_a_session",
        promise=9,
        file="waitroom/tokens/ticket.py",
        within="SignedFields.loads",
        old="compare_digest(to_base64url(mac.digest(payload)), signature)",
        new="True",
        noticed_by=(
            "unit/test_sessions.py::test_a_shop_cannot_make_a_session",
            "unit/test_sessions.py::test_a_session_has_the_verdict_of_itsdangerous",
            "unit/test_ticket.py::test_a_ticket_has_the_verdict_of_itsdangerous",
        ),
    ),
    Mutation(
        name="a_page_gives_an_older_ticket_before_a_draw",
        summary="a page repeats a ticket that holds its time of signing",
        promise=3,
        file="web/place_response.py",
        within="PlaceWriter.ticket_header",
        old="self._header_cached if arrival_us >= NUMBERS else self._ticket_header",
        new="self._header_cached",
        noticed_by=(
            f"{_IN_RESPONSES}test_a_page_signs_a_ticket_once_unless_it_holds_its_time_of_signing",
        ),
    ),
    Mutation(
        name="pages_do_not_count_for_their_member",
        promise=7,
        file="web/fast_path/pages.py",
        within="FastPages.answer",
        old="self._rate_limit.member_at_once(scope, member.id)",
        new="None",
        noticed_by=(f"{_IN_FAST_PAGES}test_pages_count_for_their_address_and_member",),
    ),
    Mutation(
        name="a_request_begins_in_each_layer",
        summary="a request that the fast path passes on is begun again",
        promise=7,
        file="web/middleware/access_log.py",
        within="AccessLog.begin",
        old="scope.get(_OPEN)",
        new="None",
        noticed_by=("integration/test_request_spans.py::test_a_request_that_is_passed_on",),
    ),
)
