"""Benchmarks: each measure, and how its figures would be of something else than they say."""

from tests.mutations.mutation import Mutation

_IN = "integration/test_bench_measures.py::"
_LINE, _CHAIN = "load/bench/measures/line.py", "load/bench/measures/chain.py"
_SSE, _VISITS = "load/bench/measures/sse.py", "load/bench/measures/visits.py"
_FOLLOWED = f"{_IN}test_streams_are_followed_by_all"


def _mutation(name: str, file: str, within: str, old: str, new: str, test: str) -> Mutation:
    return Mutation(
        name=name, promise=10, file=file, within=within, old=old, new=new, noticed_by=(test,)
    )


MUTATIONS = (
    _mutation(
        "the_measure_of_entering_enters_nobody",
        _LINE,
        "enter",
        'LoadOptions(url, connections, bench.seconds, "POST", crowd)',
        'LoadOptions(url, connections, bench.seconds, "GET", crowd)',
        f"{_IN}test_enter_counts_new_members",
    ),
    _mutation(
        "the_measure_of_replicas_waits_for_none",
        "load/bench/measures/replicas.py",
        "replicas",
        '{**os.environ, **bench.stage.environ, "LINE_REPLICAS": "1"}',
        "{**os.environ, **bench.stage.environ}",
        f"{_IN}test_entering_with_a_replica_counts_what_it_does_not_acknowledge",
    ),
    _mutation(
        "the_measure_of_places_asks_for_strangers",
        _LINE,
        "place",
        "crowd = bench.tokens(askers)",
        'crowd = bench.tokens(members("stranger", len(askers)))',
        f"{_IN}test_place_is_asked_of_a_line",
    ),
    _mutation(
        "every_form_of_a_token_is_the_plain_one",
        "load/bench/measures/token_forms.py",
        "_enter",
        "bench.tokens(people, form=form)",
        "bench.tokens(people)",
        f"{_IN}test_each_form_of_a_token_enters_beside_the_plain_one",
    ),
    _mutation(
        "the_measure_of_passes_signs_one_again_and_again",
        "load/bench/measures/passes.py",
        "_measure",
        'signer.sign(ROOM, f"v:{number}", f"visit-{number}", ends_at_s, alg)',
        'signed[0] if signed else signer.sign(ROOM, "v:0", "visit-0", ends_at_s, alg)',
        f"{_IN}test_passes_are_signed_and_verified_beside_the_library_alone",
    ),
    _mutation(
        "a_reload_storm_reloads_signed_out",
        "load/bench/measures/reload_storm.py",
        "_reloading",
        "credential=CREDENTIAL",
        'credential="X-Cookie: "',
        f"{_IN}test_a_reload_storm_moves_nobody",
    ),
    _mutation(
        "members_who_moved_in_a_reload_storm_are_not_lost",
        "load/bench/measures/reload_storm.py",
        "count_lost",
        "after.get(member) != place",
        "member not in after",
        "unit/test_reload_storm.py::test_members_who_moved_came_again_or_left_are_lost",
    ),
    _mutation(
        "errors_of_one_round_are_not_counted",
        "load/bench/results.py",
        "_of_rounds",
        "sum(values) if name in FAULTS else statistics.median(values)",
        "statistics.median(values)",
        "unit/test_bench_results.py::test_what_went_wrong_in_one_round_of_three_is_in_the_figures",
    ),
    _mutation(
        "all_visits_are_of_one_member",
        _VISITS,
        "_plan",
        "_who(bench, everybody)",
        "_who(bench, everybody[:1])",
        f"{_IN}test_visits_are_whole_and_by_new_people",
    ),
    _mutation(
        "pages_are_measured_signed_out",
        "load/bench/measures/pages.py",
        "_measure",
        "credential=CREDENTIAL",
        'credential="X-Cookie: "',
        f"{_IN}test_each_page_is_measured_against_answers_of_its_size",
    ),
    _mutation(
        "the_measure_of_the_chain_enters_nobody",
        _CHAIN,
        "chain",
        'LoadOptions(url, CONNECTIONS, bench.seconds, "POST", crowd)',
        'LoadOptions(url, CONNECTIONS, bench.seconds, "GET", crowd)',
        f"{_IN}test_the_whole_chain_is_exact",
    ),
    _mutation(
        "the_backlog_is_shorter_than_it_says",
        _CHAIN,
        "backlog",
        "bench.fill(code, crowd)",
        "bench.fill(code, crowd[:9])",
        f"{_IN}test_a_backlog_is_issued_to_its_last",
    ),
    _mutation(
        "the_measure_of_direct_issues_issues_nothing",
        "load/bench/measures/direct.py",
        "pessimistic",
        'LoadOptions(url, connections, bench.seconds, "POST", crowd)',
        'LoadOptions(url, connections, bench.seconds, "GET", crowd)',
        f"{_IN}test_direct_issues_are_of_one_each",
    ),
    _mutation(
        "one_stream_stands_for_all",
        _SSE,
        "_json",
        'tokens(bench.stage.environ["MEMBER_TOKEN_SECRETS"], following)',
        'tokens(bench.stage.environ["MEMBER_TOKEN_SECRETS"], following[:1])',
        _FOLLOWED,
    ),
    _mutation(
        "the_stream_of_one_page_stands_for_all",
        _SSE,
        "_html",
        "bench.stage.session_cookies(following)",
        "bench.stage.session_cookies(following[:1])",
        _FOLLOWED,
    ),
    _mutation(
        "half_a_million_stands_for_a_million",
        "load/bench/measures/million.py",
        "million",
        'everybody = members("million", count)',
        'everybody = members("million", count // 2)',
        f"{_IN}test_a_crowd_of_a_million_comes_to_stand_in_line",
    ),
    _mutation(
        "the_measure_of_the_board_is_refused",
        "load/bench/measures/board.py",
        "board",
        "LoadOptions(url, CONNECTIONS, slice_s, tokens=token)",
        "LoadOptions(url, CONNECTIONS, slice_s)",
        f"{_IN}test_a_board_is_asked_for_all_that_it_shows",
    ),
    _mutation(
        "the_others_beside_a_flood_are_refused",
        "load/bench/measures/limits.py",
        "_flood",
        'f"{base}/place"',
        'f"{base}/nowhere"',
        f"{_IN}test_a_flood_is_refused_and_others_are_not",
    ),
    _mutation(
        "the_measure_of_servers_enters_nobody",
        "load/bench/measures/servers.py",
        "servers",
        'LoadOptions(url, connections, bench.seconds, "POST", crowd)',
        'LoadOptions(url, connections, bench.seconds, "GET", crowd)',
        f"{_IN}test_servers_are_measured_beside_a_bare_callable",
    ),
    _mutation(
        "the_measure_of_the_autopilot_admits_nobody",
        "load/bench/measures/autopilot.py",
        "_run",
        '_turn(bench, code, "open")',
        '_turn(bench, code, "paused")',
        f"{_IN}test_the_autopilot_turns_the_rate_where_the_database_slows",
    ),
)
