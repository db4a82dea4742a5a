"""What a fault run says about members who got no final answer."""

from sqlalchemy import Engine

from application.apply_settings import apply_settings
from domain.room_settings import RoomSettings
from tests.faults.members import Answer, Record
from tests.faults.unanswered import describe_unanswered
from tests.house import House, eventually
from tests.integration.cast import on_offer
from tests.integration.line_cast import enter
from waitroom.line import Line


async def test_a_stall_names_the_members_their_keys_and_what_each_process_does(
    house: House, engine: Engine, line: Line, code: str
) -> None:
    await apply_settings(line, on_offer(engine, code, room=RoomSettings(state="paused")))
    await enter(line, code, ["alice", "bob"])
    alice, bob = (Record(name, [Answer(1.0, 2.0, "place", "waiting")]) for name in ("alice", "bob"))
    bob.answers.append(Answer(3.0, 4.0, "place", "sold_out"))
    admitter = house.start("admitter")
    eventually(lambda: "admitting" in house.log.read_text())

    lines = describe_unanswered(
        [alice, bob],
        code,
        redis_url=house.redis_url,
        postgres_url=house.environ["DATABASE_URL"],
        queue=house.environ["QUEUE_NAME"],
        pids={"admitter": admitter.pid},
        log=house.log.read_text,
    )

    assert lines[0] == "without a final answer: 1; their last answers: {'waiting': 1}"
    text = "\n".join(lines)
    assert "alice   1.00 place  ->   2.00 waiting" in text
    assert "waiting: 2, of them 1 without a final answer" in text
    assert "'state': 'paused'" in text
    assert "queue: waiting 0, taken 0, begun 0, failed 0" in text
    assert "postgres: (total, used) [(10, 0)]" in text
    assert "deployment_watch.py" in text  # a thread
    assert "in run_loop" in text  # a task
    assert admitter.poll() is None
