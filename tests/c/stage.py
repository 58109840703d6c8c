"""What one test program meets: real servers, servers that misbehave, and items stored by others."""
import contextlib
import os
import socket
import subprocess
import threading
import time
import zlib

from harness.servers import HOST, START_LIMIT_SEC, Servers, nobody

# What the servers answer that answer everything with one line; None hangs up.
LIARS = {
    'CLOSING': None,
    'RUBBISH': b'HELLO, WHO IS THERE\r\n',
    'ERROR': b'ERROR\r\n',
    'SERVER_ERROR': b'SERVER_ERROR out of order\r\n',
    'NO_MEMORY': b'SERVER_ERROR out of memory storing object\r\n',
    'NEGATIVE': b'-5\r\n',
}

COMPRESSED = 2
OUTSIDE = b'from outside ' * 1000
# The items of `operations` and `errors`: name, flags, bytes.
STORED = [
    ('runner-zlib', COMPRESSED, zlib.compress(OUTSIDE)),
    ('runner-broken', COMPRESSED, b'no zlib stream'),
    ('runner-int', 0x300, b'-42'),
]
# What `operations` stores for us: name, flags, value when decompressed as the flags say.
EXPECTED = [
    ('for-runner-bytes', 0x12340000, bytes(range(256))),
    ('for-runner-long', COMPRESSED, b'a' * 100000),
]


@contextlib.contextmanager
def stage(program, directory):
    """Servers of `program` and liars, for one run. -> settings of the run, name to text"""
    with contextlib.ExitStack() as stack:
        log = directory / 'servers.log'
        first, second = stack.enter_context(Servers(program, 2, log)).ports
        path = stack.enter_context(unix_server(program, directory, log))
        settings = {'PORT_FIRST': first, 'PORT_SECOND': second, 'UNIX_HOST': f'unix://{path}'}
        # Bound and not listening: it refuses, and nobody else can take the port meanwhile.
        dead = stack.enter_context(socket.socket())
        dead.bind((HOST, 0))
        settings['PORT_DEAD'] = dead.getsockname()[1]
        silent = stack.enter_context(socket.create_server((HOST, 0)))
        settings['PORT_SILENT'] = silent.getsockname()[1]
        for name, answer in LIARS.items():
            settings[f'PORT_{name}'] = stack.enter_context(liar(answer))
        wire = stack.enter_context(Wire(first))
        for name, flags, value in STORED:
            wire.set(name, flags, value)
        yield {name: str(value) for name, value in settings.items()}


@contextlib.contextmanager
def unix_server(program, directory, log):
    """A server on a unix socket. -> its path"""
    path = directory / 'socket'
    # The server changes to another user before it makes the socket.
    directory.chmod(0o777)
    command = [str(program), '-s', str(path), '-a', '777']
    if os.geteuid() == 0:
        command += ['-u', nobody()]
    with open(log, 'ab') as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_LIMIT_SEC
        while not listens(path):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f'{" ".join(command)} does not start, see {log}')
            time.sleep(0.01)
        yield path
    finally:
        process.kill()
        process.wait()


def listens(path):
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.connect(str(path))
        except OSError:
            return False
        return True


@contextlib.contextmanager
def liar(answer):
    """A server that answers whatever it is sent with the same bytes. -> its port"""
    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    def talk(connection):
        with connection, contextlib.suppress(OSError):
            while connection.recv(4096):
                if answer is None:
                    return
                connection.sendall(answer)

    listener = socket.create_server((HOST, 0))
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        # Closing alone does not wake a thread that waits in accept().
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


class Wire:
    """A connection that speaks the text protocol by hand: no code of ours is behind it."""

    def __init__(self, port):
        self._sock = socket.create_connection((HOST, port), timeout=START_LIMIT_SEC)
        self._file = self._sock.makefile('rwb')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self._sock.close()

    def set(self, name, flags, value):
        self._file.write(b'set %s %d 0 %d\r\n%s\r\n' % (name.encode(), flags, len(value), value))
        self._file.flush()
        answer = self._file.readline()
        if answer != b'STORED\r\n':
            raise RuntimeError(f'set {name}: {answer!r}')

    def get(self, name):
        """-> flags and bytes as they are stored, or None"""
        self._file.write(b'get %s\r\n' % name.encode())
        self._file.flush()
        head = self._file.readline().split()
        if head == [b'END']:
            return None
        flags, length = int(head[2]), int(head[3])
        value = self._file.read(length + 2)[:-2]
        self._file.readline()
        return flags, value


def not_as_expected(port):
    """What `operations` was to store on the first server and did not, as sentences."""
    with Wire(port) as wire:
        for name, flags, value in EXPECTED:
            found = wire.get(name)
            if found is None:
                yield f'{name} is not there'
                continue
            found_flags, stored = found
            if found_flags != flags:
                yield f'{name} has flags {found_flags:#x} instead of {flags:#x}'
            if flags & COMPRESSED:
                stored = zlib.decompress(stored)
            if stored != value:
                yield f'{name} has another value: {stored[:100]!r}'
