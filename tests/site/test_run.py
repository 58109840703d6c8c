"""The program behind `make run`: shows round, stays, and leaves nothing behind when it ends."""

import os
import pty
import re
import signal
import subprocess
import tempfile

import launch
from stage import SITE, Case, visit

RUN = os.path.join(SITE, "run")
# Two servers, PHP, and PHP's four workers.
CHILDREN = 7


class Run(Case):
    @classmethod
    def setUpClass(cls):
        pass

    def start(self, *options, **env):
        """Starts the program; its output goes to self.output."""
        self.output = tempfile.TemporaryFile()
        self.addCleanup(self.output.close)
        env = {
            **os.environ,
            "MCRSD": self.binary,
            "MCRS_EXTENSION": self.programs.extension,
            "PHP": self.programs.php,
            **env,
        }
        process = subprocess.Popen(
            [RUN, *options],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.output,
            start_new_session=True,
        )
        self.addCleanup(lambda: process.poll() is None and process.terminate())
        return process

    def said(self):
        return os.pread(self.output.fileno(), 1 << 20, 0).decode()

    def wait_for(self, condition, what):
        self.assertTrue(launch.wait_until(condition, 30), f"{what}; it said: {self.said()}")

    def assert_toured(self):
        said = self.said()
        self.assertRegex(said, r"site     http://127\.0\.0\.1:\d+/\n")
        self.assertEqual(len(re.findall(r"  server   127\.0\.0\.1:\d+  \S+ [\d.]+", said)), 2, said)
        self.assertRegex(said, r"get a link   http://127\.0\.0\.1:\d+/m/[0-9a-f]{32}\n")
        self.assertIn("open it      200  The key is under the third flower pot 🙂", said)
        self.assertIn("once more    410  This message is gone", said.replace("\xa0", " "))
        counts = re.findall(r"  127\.0\.0\.1:\d+ +(\d+) +(\d+) +(\d+) +(\d+)\n", said)
        self.assertEqual([sum(map(int, column)) for column in zip(*counts)], [1, 2, 1, 1], said)

    def test_once_it_takes_the_tour_and_ends(self):
        for options in (["--once"], []):  # without a terminal, once is the default
            with self.subTest(options=options):
                process = self.start(*options)
                seen = {}
                self.wait_for(
                    lambda: seen.update(descendants(process.pid)) or process.poll() is not None,
                    "the end",
                )
                self.assertEqual(process.wait(), 0, self.said())
                self.assert_toured()
                self.assertGreaterEqual(
                    len(seen), 3
                )  # the looks are too far apart to see every worker
                self.assertEqual(still_alive(seen), {})

    def test_it_serves_until_a_signal_and_stops_everything_it_started(self):
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=how.name):
                process = self.start("--serve")
                self.wait_for(
                    lambda: "Ctrl-C stops everything" in self.said() or process.poll() is not None,
                    "the tour",
                )
                self.assert_toured()
                url = re.search(r"site     (\S+)", self.said())[1]
                self.assertEqual(visit(url).status, 200)
                children = descendants(process.pid)
                self.assertEqual(len(children), CHILDREN, children)
                process.send_signal(how)
                self.assertEqual(process.wait(30), 0, self.said())
                self.assertEqual(still_alive(children), {})
                self.assertNotIn("Traceback", self.said())

    def test_on_a_terminal_it_stays_until_ctrl_c(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(MCRSD=self.binary, MCRS_EXTENSION=self.programs.extension)
            os.environ.update(PHP=self.programs.php)
            os.execv(RUN, [RUN])
        said = b""
        with open(terminal, "rb+", buffering=0) as terminal:
            while b"Ctrl-C stops everything" not in said:
                said += terminal.read(4096)
            children = descendants(pid)
            self.assertEqual(len(children), CHILDREN, said)
            terminal.write(b"\x03")
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertEqual(still_alive(children), {})

    def test_a_signal_while_it_starts_leaves_nothing_behind(self):
        for wanted in (1, 2, 3, CHILDREN):
            with self.subTest(children=wanted):
                process = self.start("--serve")
                seen = {}
                self.wait_for(
                    lambda: seen.update(descendants(process.pid)) or len(seen) >= wanted, "a child"
                )
                process.send_signal(signal.SIGTERM)
                # What it started between the look and the signal is found by looking on until it
                # has ended.
                self.wait_for(
                    lambda: seen.update(descendants(process.pid)) or process.poll() is not None,
                    "the end",
                )
                self.assertEqual(process.returncode, 0, self.said())
                self.assertEqual(still_alive(seen), {})
                self.assertNotIn("Traceback", self.said())

    def test_when_a_server_dies_it_stops_the_rest_and_says_so(self):
        process = self.start("--serve")
        self.wait_for(
            lambda: "Ctrl-C stops everything" in self.said() or process.poll() is not None,
            "the tour",
        )
        children = descendants(process.pid)
        server = next(pid for pid, (_, command) in children.items() if command[0] == self.binary)
        os.kill(server, signal.SIGKILL)
        self.assertEqual(process.wait(30), 1, self.said())
        self.assertIn("ended by itself", self.said())
        self.assertEqual(still_alive(children), {})

    def test_what_is_missing_is_named(self):
        for env, named in (
            ({"MCRSD": "/nonexistent/mcrsd"}, "/nonexistent/mcrsd"),
            ({"MCRSD": "/bin/false"}, "/bin/false"),
            ({"PHP": "/nonexistent/php"}, "/nonexistent/php"),
            ({"MCRS_EXTENSION": "/nonexistent/memcache.so"}, "/nonexistent/memcache.so"),
        ):
            with self.subTest(env=env):
                process = self.start("--once", **env)
                seen = {}
                self.wait_for(
                    lambda: seen.update(descendants(process.pid)) or process.poll() is not None,
                    "the end",
                )
                self.assertEqual(process.returncode, 1, self.said())
                self.assertIn(named, self.said())
                self.assertNotIn("Traceback", self.said())
                self.assertEqual(still_alive(seen), {})


def processes():
    """All processes: pid => (parent, start time, command)."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", "rb") as stat, open(
                f"/proc/{pid}/cmdline", "rb"
            ) as command:
                fields = stat.read().rsplit(b")", 1)[1].split()
                words = command.read().decode("utf-8", "replace").split("\0")
        except OSError:
            continue  # ended while we looked
        if fields[0] != b"Z":
            found[int(pid)] = (int(fields[1]), int(fields[19]), words)
    return found


def descendants(pid):
    """The running children of a process and their children: pid => (start time, command)."""
    found, all_of_them = {}, processes()
    grown = True
    while grown:
        more = {
            child: (born, command)
            for child, (parent, born, command) in all_of_them.items()
            if (parent == pid or parent in found) and child not in found
        }
        found.update(more)
        grown = bool(more)
    return found


def still_alive(children):
    """Those of the children that run (their number may have been given to a new process since)."""
    now = processes()
    return {
        pid: command
        for pid, (born, command) in children.items()
        if pid in now and now[pid][1] == born
    }
