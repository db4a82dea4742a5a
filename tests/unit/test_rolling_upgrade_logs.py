"""Which release queued a batch and which issued it, by logs that several processes write."""

from tests.rolling_upgrade.steps import Batches

FED = '{"batch": "%s", "event": "fed", "process": "admitter"}'
ENQUEUED = '{"batch": "%s", "event": "enqueued", "process": "admitter"}'
ISSUED = '{"batch": "%s", "event": "issued", "process": "worker"}'
OTHER = '{"event": "serving", "at": {"port": 1}}'


def test_batches_are_counted_where_two_processes_wrote_into_one_line(tmp_path):
    old, new = tmp_path / "old.log", tmp_path / "new.log"
    old.write_text(f"{FED % 1}{OTHER}\nnot JSON {{\n{FED % 2}{ISSUED % 3}\n\n{ISSUED % 2}\n")
    new.write_text(f"{ISSUED % 1}\n{OTHER}{ENQUEUED % 3}\n{ENQUEUED % 4}{ISSUED % 4}\n")

    assert Batches.from_logs(old, new) == Batches(old_by_new=1, new_by_old=1)
