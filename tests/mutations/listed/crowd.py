"""Promise 6: waiting costs Redis work only, and connections to Postgres are bounded."""

from tests.mutations.mutation import Mutation

_IN_PAGES_AWAY = "integration/test_pages_unavailable.py::"
_LINE_GOES_ON = "integration/test_api_unavailable.py::test_without_postgres_the_line_goes_on"

MUTATIONS = (
    Mutation(
        name="entering_asks_postgres",
        summary="entering queries Postgres",
        promise=6,
        file="web/fast_path/calls.py",
        within="FastCalls.answer",
        old="standing = await self._line.enter(asked.code, member_id, origin)",
        new=(
            "await self._office.run(list_offers, self._parts.engine)\n"
            "standing = await self._line.enter(asked.code, member_id, origin)"
        ),
        uses={"issuance/offers.py": "list_offers"},
        noticed_by=(_LINE_GOES_ON,),
    ),
    Mutation(
        name="waiting_asks_postgres",
        summary="waiting queries Postgres",
        promise=6,
        file="web/fast_path/calls.py",
        within="FastCalls.answer",
        old="standing = await self._line.place(asked.code, member_id)",
        new=(
            "await self._office.run(list_offers, self._parts.engine)\n"
            "standing = await self._line.place(asked.code, member_id)"
        ),
        uses={"issuance/offers.py": "list_offers"},
        noticed_by=(_LINE_GOES_ON,),
    ),
    Mutation(
        name="the_pages_of_those_who_enter_ask_postgres",
        summary="entering by a page queries Postgres",
        promise=6,
        file="web/enter_line.py",
        within="enter",
        old="standing = await parts.line.enter(code, member_id, origin, solved)",
        new=(
            "await request.app.state.office.run(list_offers, parts.engine)\n"
            "standing = await parts.line.enter(code, member_id, origin, solved)"
        ),
        uses={"issuance/offers.py": "list_offers"},
        noticed_by=(f"{_IN_PAGES_AWAY}test_without_postgres_a_form_is_still_taken_at_the_line",),
    ),
    Mutation(
        name="the_pool_grows_with_the_crowd",
        promise=6,
        file="issuance/postgres/engine.py",
        within="open_engine",
        old="max_overflow=0",
        new="max_overflow=-1",
        noticed_by=(
            "integration/test_issue.py::test_waiting_for_a_connection_ends_with_a_sentence",
        ),
    ),
    Mutation(
        name="the_offices_door_lets_everybody_in",
        summary="the number of callers in Postgres is unbounded",
        promise=6,
        file="application/office.py",
        within="Office.__init__",
        old="PrioritySemaphore(limits.db_connections)",
        new="PrioritySemaphore(10_000)",
        noticed_by=("integration/test_api_office.py::test_waiting_ends",),
    ),
    Mutation(
        name="more_threads_than_connections_are_inside",
        summary="calls bypass the bounded pool of threads",
        promise=6,
        file="application/office.py",
        within="Office.run",
        old="if self._waiting >= self._limits.db_waiting_max:",
        new=(
            "return await asyncio.to_thread(partial(call, *args, **kwargs))\n"
            "if self._waiting >= self._limits.db_waiting_max:"
        ),
        noticed_by=(
            "integration/test_api_office.py::test_no_more_are_inside_than_there_are_connections",
        ),
    ),
    Mutation(
        name="a_connection_that_timed_out_stays",
        summary="a connection to Postgres that timed out stays open",
        promise=6,
        file="issuance/postgres/connection_deadline.py",
        within="BoundedConnection.connect",
        old="clear_frames(error.__traceback__)",
        new="",
        noticed_by=(
            "integration/test_silent_postgres.py::test_a_connection_that_postgres_accepted_after_the_time_limit_is_closed",
        ),
    ),
)
