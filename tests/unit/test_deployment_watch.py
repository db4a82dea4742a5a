"""The watch is a thread, and the server forks: no process begins in the middle of a check."""

import os
import time

from processes.deployment_watch import DeploymentWatch

CHECK_TAKES_S = 0.3


class SlowDeployment:
    """Is looked at for a while, once."""

    id = ""
    is_checking = False
    times = 0

    def check(self) -> None:
        self.times += 1
        self.is_checking = True
        time.sleep(CHECK_TAKES_S)
        self.is_checking = False


def test_a_process_that_is_forked_meanwhile_begins_after_the_check():
    """A fork copies every lock that a thread holds, and not the thread."""
    slow = SlowDeployment()
    watch = DeploymentWatch(slow, lambda _sentence: None)
    while not slow.is_checking:
        time.sleep(0.001)

    child = os.fork()
    if child == 0:
        os._exit(slow.is_checking)
    _, status = os.waitpid(child, 0)

    watch.close()
    assert os.waitstatus_to_exitcode(status) == 0
    assert slow.times >= 1
