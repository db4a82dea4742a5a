"""Promises 3 and 9: private files, and the order of a lobby before its draw."""

from tests.mutations.mutation import Mutation

_IN_MODES = "integration/test_embedded_modes.py::"

_IN_DRAW = "integration/test_draw_secrecy.py::"
_UNTIL_DRAWN = f"{_IN_DRAW}test_the_order_is_nobodys_to_know_until_it_was_written_down"

MUTATIONS = (
    Mutation(
        name="a_ticket_of_the_lobby_tells_the_order_before_the_draw",
        summary="tickets reveal the order before the draw",
        promise=3,
        file="waitroom/lua/include/room.lua",
        old="is_undrawn(room) and tonumber(arrival) < DRAWN_BELOW",
        new="false",
        noticed_by=(
            f"{_IN_DRAW}test_nothing_that_two_hundred_are_given_tells_how_they_will_be_drawn",
            _UNTIL_DRAWN,
        ),
    ),
    Mutation(
        name="the_order_is_told_at_the_opening_before_the_draw_is_written_down",
        summary="places reveal the order before the draw is recorded",
        promise=3,
        file="waitroom/member_status.py",
        within="RoomFacts.is_undrawn",
        old="not self.is_drawn",
        new="self.now_us < self.opens_at_us",
        noticed_by=(_UNTIL_DRAWN,),
    ),
    Mutation(
        name="an_admin_reads_places_before_the_draw",
        promise=3,
        file="waitroom/member_record.py",
        within="_hides_places",
        old="now.is_undrawn or now.is_restoring",
        new="now.is_restoring",
        noticed_by=(
            "integration/test_member_report.py::test_nobody_learns_a_place_before_the_draw",
        ),
    ),
    Mutation(
        name="a_lobby_that_draws_asks_again_all_at_once",
        summary="all members of a lobby that draws poll at once",
        promise=8,
        file="waitroom/lua/include/room.lua",
        old="digits(-1 - tonumber(string.sub(redis.sha1hex(member), 1, 8), 16) % 1000)",
        new="'-1'",
        noticed_by=(f"{_IN_DRAW}test_who_asks_in_a_lobby_that_draws_is_spread_over_time",),
    ),
    Mutation(
        name="a_ticket_of_the_lobby_gives_back_another_number",
        summary="a ticket of a lobby restores another number",
        promise=3,
        file="waitroom/recovery.py",
        within="Recovery.restore",
        old="draw_number(seed, who)",
        new="draw_number(bytes(32), who)",
        noticed_by=(f"{_IN_DRAW}test_a_ticket_of_the_lobby_is_good_wherever_the_line_is_lost",),
    ),
    Mutation(
        name="an_embedded_servers_files_are_as_open_as_the_umask_says",
        summary="an embedded server's files have the umask's mode",
        promise=9,
        file="processes/embedded/valkey.py",
        within="EmbeddedValkey._launch",
        old="umask=UMASK",
        new="",
        noticed_by=(f"{_IN_MODES}test_valkey_keeps_its_data_to_its_owner",),
    ),
    Mutation(
        name="a_folder_that_was_left_open_stays_open",
        promise=9,
        file="processes/private_files.py",
        within="make_private",
        old="_restrict(Path(entry.path), 0)",
        new="pass",
        noticed_by=(f"{_IN_MODES}test_a_folder_that_a_version_before_left_open_is_closed",),
    ),
    Mutation(
        name="postgres_keeps_its_folder_open_to_all",
        summary="Postgres leaves its folder open to all",
        promise=9,
        file="processes/embedded/postgres.py",
        within="EmbeddedPostgres._close_folder",
        old="make_private(self.folder, passable=os.geteuid() == 0, leave=_OF_POSTGRES)",
        new="self.folder.chmod(0o755)",
        noticed_by=(
            f"{_IN_MODES}test_postgres_keeps_its_data_to_its_owner",
            f"{_IN_MODES}test_the_demo_closes_its_folder",
        ),
    ),
)
