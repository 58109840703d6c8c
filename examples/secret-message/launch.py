"""Starts and stops what Secret Message stands on: memcached servers, and the site on `php -S`.

Used by ./run and by the tests of the site. Every child gets a process group of its own, is started
on a port nobody else has, is waited for until it answers, and is stopped together with its own
children.
"""

import os
import re
import signal
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
READY_SEC = 15
STOP_SEC = 5


class LaunchError(Exception):
    """Something could not be started; the text says what, and what it said last."""


class Stop(Exception):
    """Somebody pressed Ctrl-C or asked us to end; see stop_on_signals()."""


class Child:
    """A process in its own group, with its output kept aside."""

    def __init__(self, command, env=None):
        self.log_file = tempfile.TemporaryFile()
        try:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=self.log_file,
                stderr=self.log_file,
                start_new_session=True,
            )
        except OSError as error:
            raise LaunchError(f"cannot start {command[0]}: {error.strerror}") from None

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        """All it has printed so far."""
        size = os.fstat(self.log_file.fileno()).st_size
        return os.pread(self.log_file.fileno(), size, 0).decode("utf-8", "replace")

    def running(self):
        return self.process.poll() is None

    def stop(self, how=signal.SIGTERM):
        """Ends the whole group (PHP leaves its workers behind otherwise): asks, then insists."""
        self.signal(how)
        if not wait_until(lambda: not self._group_alive(), STOP_SEC, may_stop=False):
            self.signal(signal.SIGKILL)
            wait_until(lambda: not self._group_alive(), STOP_SEC, may_stop=False)
        self.process.wait()
        self.log_file.close()

    def kill(self):
        """Ends it without asking, as a crash would."""
        self.stop(signal.SIGKILL)

    def signal(self, how):
        try:
            os.killpg(self.pid, how)
        except ProcessLookupError:
            pass  # all of it has ended already

    def _group_alive(self):
        """Whether any process of the group still runs.

        One that has ended but that nobody has waited for does not: a worker of PHP, where the first
        process of a container collects no orphans.
        """
        self.process.poll()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat", "rb") as stat:
                    state, _parent, group = stat.read().rsplit(b")", 1)[1].split()[:3]
            except OSError:
                continue  # it ended while we looked
            if int(group) == self.pid and state not in b"ZX":
                return True
        return False


class Server(Child):
    """One memcached or mcrsd on 127.0.0.1. Both take the same options."""

    def __init__(self, binary, port, options=()):
        self.port = port
        self.address = f"127.0.0.1:{port}"
        as_root = ["-u", "nobody"] if os.geteuid() == 0 else []
        super().__init__(
            [binary, "-l", "127.0.0.1", "-p", str(port), "-U", "0", *as_root, *options]
        )

    def stats(self):
        """What `stats` answers, as strings by name. OSError if it does not answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as link:
            link.sendall(b"stats\r\n")
            answer = b""
            while not answer.endswith(b"END\r\n"):
                piece = link.recv(65536)
                if not piece:
                    raise ConnectionError("closed in the middle of stats")
                answer += piece
        return dict(
            line.split(" ", 2)[1:]
            for line in answer.decode().split("\r\n")
            if line.startswith("STAT ")
        )

    def answers(self):
        # Somebody else may have taken the port between free_port() and our bind: the pid tells.
        try:
            return self.stats().get("pid") == str(self.pid)
        except OSError:
            return False


class Site(Child):
    """Secret Message on `php -S`, with several workers: requests really run at the same time."""

    def __init__(self, servers, extension, php="php", workers=4, env=None):
        public = os.path.join(HERE, "public")
        super().__init__(
            [
                php,
                "-n",
                "-d",
                f"extension={extension}",
                "-d",
                "display_errors=0",
                "-d",
                "log_errors=1",
                "-S",
                "127.0.0.1:0",
                "-t",
                public,
                os.path.join(public, "index.php"),
            ],
            {
                "PHP_CLI_SERVER_WORKERS": str(workers),
                "MCRS_SERVERS": ",".join(servers),
                **(env or {}),
            },
        )
        self.url = None

    def answers(self):
        # PHP takes a free port itself (0) and prints which; it listens before it prints.
        started = re.search(r"Development Server \((http://[\d.:]+)\) started", self.log())
        self.url = started and started[1]
        return bool(started)


def start_server(binary, options=()):
    """A server that answers. If somebody else took its port in the meantime, it gets another."""
    for _ in range(10):
        server = Server(binary, free_port(), options)
        said = came_up(server)
        if said is None:
            return server
        if "in use" not in said:
            break
    raise LaunchError(f"{binary} does not come up: {said or 'it says nothing'}")


def start_site(servers, extension, **options):
    """The site, answering, on the servers whose addresses ("host:port") are given."""
    site = Site(servers, extension, **options)
    said = came_up(site)
    if said is not None:
        raise LaunchError(f"the site does not come up: {said or 'PHP says nothing'}")
    return site


def came_up(child):
    """None once it answers. If it does not: stops it, and returns what it said."""
    try:
        if (
            wait_until(lambda: child.answers() or not child.running(), READY_SEC)
            and child.running()
        ):
            return None
    except BaseException:
        child.stop()
        raise
    said = child.log().strip()
    child.stop()
    return said


def stop_all(children):
    """Ends all of them. They are asked together, because memcached takes a second to go."""
    for child in children:
        child.signal(signal.SIGTERM)
    for child in children:
        child.stop()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds, pause=0.01, may_stop=True):
    """Whether the condition came true in time. Raises Stop when a signal asked for it."""
    deadline = time.monotonic() + seconds
    while not condition():
        if may_stop and _stop_asked:
            raise Stop
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


_stop_asked = False


def stop_on_signals():
    """From now on INT, TERM and HUP only leave a mark, and the next wait_until() raises Stop.

    So a signal never strikes between the start of a child and the note that it runs, or while
    everything is being stopped.
    """

    def note(_number, _frame):
        global _stop_asked
        _stop_asked = True

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, note)
