"""Promise 6: waiting costs Redis work only, and connections to Postgres are bounded."""

from tests.mutations.mutation import Mutation

_IN_PAGES_AWAY = "integration/test_pages_away.py::"
_LINE_GOES_ON = "integration/test_api_away.py::test_without_postgres_the_line_goes_on"
_ASK = (
    "            await {office}.ask(__import__('issuance.catalogue').catalogue.offers, {engine})\n"
)
_ON_HOT_PATH = _ASK.format(office="self._office", engine="self._parts.engine")

_ENTERS = "            standing = await self._line.enter(asked.code, member_id, origin)\n"
MUTATIONS = (
    Mutation(
        name="entering_asks_postgres",
        promise=6,
        file="web/hot_path.py",
        old=_ENTERS,
        new=_ON_HOT_PATH + _ENTERS,
        noticed_by=(_LINE_GOES_ON,),
    ),
    Mutation(
        name="waiting_asks_postgres",
        promise=6,
        file="web/hot_path.py",
        old="            standing = await self._line.place(asked.code, member_id)\n",
        new=f"{_ON_HOT_PATH}            standing = await self._line.place(asked.code, member_id)\n",
        noticed_by=(_LINE_GOES_ON,),
    ),
    Mutation(
        name="the_pages_of_those_who_enter_ask_postgres",
        promise=6,
        file="web/entrance.py",
        old="            standing = await parts.line.enter(code, member_id, origin, solved)\n",
        new="            from issuance.catalogue import offers\n"
        "            await request.app.state.office.ask(offers, parts.engine)\n"
        "            standing = await parts.line.enter(code, member_id, origin, solved)\n",
        noticed_by=(f"{_IN_PAGES_AWAY}test_without_postgres_a_form_is_still_taken_at_the_line",),
    ),
    Mutation(
        name="the_pool_grows_with_the_crowd",
        promise=6,
        file="issuance/database.py",
        old="max_overflow=0,",
        new="max_overflow=-1,",
        noticed_by=(
            "integration/test_issue.py::test_waiting_for_a_connection_ends_with_a_sentence",
        ),
    ),
    Mutation(
        name="the_offices_door_lets_everybody_in",
        promise=6,
        file="web/parts.py",
        old="PrioritySemaphore(limits.db_connections)",
        new="PrioritySemaphore(10_000)",
        noticed_by=("integration/test_api_office.py::test_waiting_ends",),
    ),
    Mutation(
        name="more_threads_than_connections_are_inside",
        promise=6,
        file="web/parts.py",
        old="        if self._waiting >= self._limits.db_waiting_max:\n",
        new="        return await asyncio.to_thread(partial(call, *args, **kwargs))\n"
        "        if self._waiting >= self._limits.db_waiting_max:\n",
        noticed_by=(
            "integration/test_api_office.py::test_no_more_are_inside_than_there_are_connections",
        ),
    ),
)
