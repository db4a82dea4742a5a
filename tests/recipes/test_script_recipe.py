"""A key or a constant of a script, planted in a copy of the checkout."""

LEAVE = "waitroom/lua/leave.lua"
CONSTANTS = "waitroom/redis_io/constants.py"
LAST, GONE = "KEYS[11] admissions (hash)", "redis.call('HDEL', keys.away, member)\n"
SCRIPTS = "tests/unit/test_scripts.py"


def test_a_key_that_a_script_comes_to_use_is_named_in_its_contract_alone(copy, servers):
    copy.replace(LEAVE, LAST, f"{LAST}\n--   KEYS[12] origins (hash)")
    copy.replace(LEAVE, GONE, f"{GONE}redis.call('HDEL', keys.origins, member)\n")

    copy.run_tests(
        SCRIPTS,
        "tests/integration/test_script_contracts.py",
        "tests/integration/test_spent_tickets.py",
        servers=servers,
    )

    assert copy.changed_files() == [LEAVE]


def test_a_constant_that_python_and_lua_share_changes_in_one_place(copy, servers):
    copy.replace(CONSTANTS, "METER_SLOTS = 1024", "METER_SLOTS = 2048")

    copy.run_tests(
        SCRIPTS,
        "tests/unit/test_room_stats.py",
        "tests/integration/test_line_counters.py",
        servers=servers,
    )

    assert copy.changed_files() == [CONSTANTS]
