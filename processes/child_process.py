"""Child process: starts programs that end when this process ends, even if it is killed.

`spawn` runs this file as a small launcher, which drops privileges, asks the kernel for a signal on
the parent's death, and executes the program. A `preexec_fn` would run Python between fork and
exec instead, which can deadlock in a process with threads. The launcher runs as a plain file with
`-I -S`, so this file may import only the standard library.
"""

import functools
import os
import pwd
import secrets
import signal as signals
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PR_SET_PDEATHSIG = 1
WATCH_REST_S = 0.3


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: Path | None,
    user: str | None = None,
    orphan_signal: signals.Signals = signals.SIGTERM,
    hold: Sequence[int] = (),
    umask: int = -1,
) -> subprocess.Popen[bytes]:
    """Start `argv` without input; its output is appended to `log` (None: our output).

    It gets `orphan_signal` when we die. It runs in its own session: Ctrl-C in the terminal reaches
    only us, and we decide the order in which processes end. As root it can run as `user`. hold:
    descriptors that stay open in it, such as a lock held for its lifetime.

    Raises OSError if the log can't be opened. A program that can't be run writes the reason to the
    log and exits with 126 or 127.
    """
    head = [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(int(orphan_signal))]
    fork = functools.partial(_fork, [*head, user or "", *argv], env, cwd, log, tuple(hold), umask)
    # PR_SET_PDEATHSIG counts the forking thread as the parent: its end would end the child.
    if threading.current_thread() is threading.main_thread():
        return fork()
    return _lasting_thread(os.getpid()).submit(fork).result()


def stop(process: subprocess.Popen[bytes], *, signal: signals.Signals, grace_s: float) -> int:
    """Send `signal`, wait up to `grace_s`, then kill. Returns the exit code (negative: signal)."""
    process.send_signal(signal)
    try:
        return process.wait(grace_s)
    except subprocess.TimeoutExpired:
        # The group: without prctl, the process is a watcher with the program as its child.
        os.killpg(process.pid, signals.SIGKILL)
        return process.wait()


def free_port() -> int:
    """A TCP port on 127.0.0.1 that is free now, and that no other process of ours gets meanwhile.

    It is below the ephemeral range, so that no outgoing connection takes a port that is kept for
    the next start.
    """
    for _ in range(50):
        port = 20_000 + secrets.randbelow(12_000)
        if port_is_free(port) and _reserve(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Locks of reserved ports, which the kernel gives up when this process ends.
_reserved: list[int] = []


def _reserve(port: int) -> bool:
    """Whether no other process has chosen this port, which its server may only bind later."""
    import fcntl  # here, as every launch of a program reads this file
    import tempfile

    folder = Path(tempfile.gettempdir()) / f"waitroom-ports-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(folder / str(port), os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:
        return True  # without a folder for it there is only the check before
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return False
    _reserved.append(lock)
    return True


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # As the servers do: connections in TIME_WAIT don't block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@functools.cache
def _lasting_thread(pid: int) -> ThreadPoolExecutor:
    """A thread that lives as long as this process; one a pid, as forks have no threads."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"forks-{pid}")


def _fork(
    argv: list[str],
    env: Mapping[str, str] | None,
    cwd: Path | None,
    log: Path | None,
    hold: tuple[int, ...],
    umask: int,
) -> subprocess.Popen[bytes]:
    output = None if log is None else os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(  # noqa: S603 - our own programs
            argv,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            pass_fds=hold,
            umask=umask,
            start_new_session=True,
        )
    finally:
        if output is not None:
            os.close(output)


def _become(parent: int, orphan_signal: int, user: str, argv: list[str]) -> None:
    """The launcher: becomes the program; on systems without prctl it stays and watches instead."""
    prctl = linux_prctl()  # before the change of user, who may not read our Python
    if user:
        _drop_to(user)
    # After the change of user, which cancels the request.
    if prctl is None or prctl(PR_SET_PDEATHSIG, orphan_signal, 0, 0, 0) != 0:
        sys.exit(_stand_watch(parent, orphan_signal, argv))
    # If the parent died before prctl, the signal will never come.
    if os.getppid() != parent:
        sys.exit(126)
    os.execvp(argv[0], argv)  # noqa: S606 - no shell is what we want


def _drop_to(user: str) -> None:
    account = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def linux_prctl() -> Callable[..., int] | None:
    """Linux' prctl, which can ask for a signal on the parent's death; None elsewhere."""
    if sys.platform != "linux":
        return None
    try:
        import ctypes  # not every Python is built with it
    except ImportError:
        return None
    call: Callable[..., int] = ctypes.CDLL(None).prctl
    return call


def _stand_watch(parent: int, orphan_signal: int, argv: list[str]) -> int:
    """Without prctl: run the program as a child, forward signals, and end it when orphaned."""
    child = subprocess.Popen(argv, close_fds=False)  # noqa: S603 - as above
    for number in (signals.SIGINT, signals.SIGTERM, signals.SIGQUIT):
        signals.signal(number, lambda received, _: child.send_signal(received))
    while child.poll() is None:
        if os.getppid() != parent:
            child.send_signal(orphan_signal)
            return child.wait()
        time.sleep(WATCH_REST_S)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    try:
        _become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
    except (OSError, KeyError) as reason:
        print(f"{sys.argv[4]} could not be started: {reason}", file=sys.stderr)
        sys.exit(127)
