"""Real servers for the tests: stock memcached and mcrsd, on free ports of 127.0.0.1."""
import os
import pwd
import socket
import subprocess
import time

HOST = '127.0.0.1'
START_LIMIT_SEC = 10
# A free port can be taken by someone else between finding it and using it.
ATTEMPTS = 5


class Servers:
    """`count` processes of one program, ready to be connected to; use as a context manager."""

    def __init__(self, program, count, log, options=(), environment=None):
        self._program, self._count, self._log = str(program), count, log
        self._options, self._environment = options, os.environ | (environment or {})
        self._processes = []
        self.ports = []

    def __enter__(self):
        try:
            for _ in range(self._count):
                self.ports.append(self._start())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def _start(self):
        for _ in range(ATTEMPTS):
            port = free_port()
            command = [self._program, '-l', HOST, '-p', str(port), '-U', '0']
            if os.geteuid() == 0:
                command += ['-u', nobody()]
            command += self._options
            with open(self._log, 'ab') as log:
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           env=self._environment)
            self._processes.append(process)
            if answers(port, process):
                return port
        raise RuntimeError(f'{" ".join(command)} does not start, see {self._log}')


def nobody():
    """The user that a server started by root changes to."""
    return next((name for name in ('nobody', 'memcache') if _exists(name)), 'root')


def _exists(name):
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


def free_port():
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return sock.getsockname()[1]


def answers(port, process):
    """Wait until the server accepts connections. -> False when it ended instead"""
    deadline = time.monotonic() + START_LIMIT_SEC
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            return process.poll() is None
        except OSError:
            time.sleep(0.01)
    return False
