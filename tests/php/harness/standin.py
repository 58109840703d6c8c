"""A scriptable memcached stand-in that records every request; one selector, no threads, no waiting.

Normally a server answers as `engine.Engine` does. A script replaces its replies, consumed in order over all of its
connections; an entry is None (answer normally) or an object:

    {"txt": str} / {"hex": str}   send these bytes (latin-1 / hex) instead
    {"engine": true}              the normal reply, together with one of the keys below
    {"none": true}                send nothing
    {"hold": true}                send the reply only when release() is called
    {"split": true}               send the reply byte by byte
    {"close": true}               close the connection, after the reply if there is one
    {"rst": true}                 close it with a TCP reset

As a program it is the scripted server of the phpt: see `main`.
"""
import json
import selectors
import socket
import struct
import subprocess
import sys
import time

from .engine import Engine, split_request
from .settings import HERE

HOST = '127.0.0.1'
RESET_ON_CLOSE = struct.pack('ii', 1, 0)

# Between two bytes of a "split" reply: long enough that a client waiting in poll() sees most of
# them one by one. Correctness does not hang on it, only how often a reply is really cut.
SPLIT_PAUSE_SEC = 0.001


class _Connection:
    def __init__(self, sock, server, number):
        self.sock, self.server, self.number = sock, server, number
        self.buffer = b''


class StandIn:
    """The servers of one scenario. `ports`: one per server; 0 takes a free one.

    `preload`: server index -> key -> [flags, value hex]. `down`: indexes that do not listen.
    `log` gets one record per request, {"s", "c", "q", "a"[, "act"]} in hex, and with `events` also
    {"s", "c", "ev": "open"|"close"}.
    """

    def __init__(self, ports, scripts=None, preload=None, down=(), events=False):
        self.log = []
        self.ports = list(ports)
        self._events = events
        self._selector = selectors.DefaultSelector()
        self._scripts = {int(i): list(entries) for i, entries in (scripts or {}).items()}
        self.engines = [Engine() for _ in ports]
        self._accepted = [0] * len(self.ports)
        self._bound, self._listeners, self._connections, self._held = [], [], set(), []
        for server, items in (preload or {}).items():
            for key, (flags, data) in items.items():
                self.engines[int(server)].put(key.encode('latin-1'), flags, bytes.fromhex(data))
        for server in range(len(self.ports)):
            self._bind(server, listen=server not in down)

    def _bind(self, server, listen):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((HOST, self.ports[server]))
        self.ports[server] = sock.getsockname()[1]
        self._bound.append(sock)    # bound without listening: the port is ours and refuses
        if listen:
            sock.listen(50)
            sock.setblocking(False)
            self._listeners.append((sock, server))
            self._selector.register(sock, selectors.EVENT_READ, lambda: self._accept(sock, server))

    def watch(self, fileno, callback):
        """Call `callback` from serve() whenever `fileno` is readable."""
        self._selector.register(fileno, selectors.EVENT_READ, callback)

    def unwatch(self, fileno):
        """Undo watch()."""
        self._selector.unregister(fileno)

    def serve(self, until, limit_sec=None):
        """Serve until `until()` is true, asked after every event. -> False when the limit passed first"""
        deadline = None if limit_sec is None else time.monotonic() + limit_sec
        while not until():
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return False
            for key, _ in self._selector.select(left):
                key.data()
        return True

    def drain(self):
        """Handle what a client left behind that has ended: all its connections reach their end, so
        the log is complete without waiting for a time."""
        while True:
            before = sum(self._accepted)
            for sock, server in self._listeners:
                self._accept(sock, server)
            for connection in list(self._connections):
                connection.sock.settimeout(5)
                while connection in self._connections:
                    self._readable(connection)
            if sum(self._accepted) == before:
                return

    def close(self):
        for sock in self._bound + [c.sock for c in self._connections]:
            sock.close()
        self._selector.close()

    def release(self):
        """Send the replies that were held. -> how many were sent, whether or not they can arrive"""
        held, self._held = self._held, []
        for connection, reply in held:
            try:
                connection.sock.sendall(reply)
            except OSError:
                pass    # the client is gone, as it should be after its time-out
        return len(held)

    def _accept(self, listener, server):
        while True:
            try:
                sock, _ = listener.accept()
            except BlockingIOError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(sock, server, self._accepted[server])
            self._accepted[server] += 1
            self._connections.add(connection)
            self._event(connection, 'open')
            self._selector.register(sock, selectors.EVENT_READ, lambda c=connection: self._readable(c))

    def _readable(self, connection):
        if connection not in self._connections:
            return      # closed by an earlier event of the same round
        try:
            data = connection.sock.recv(1 << 16)
        except OSError:
            data = b''
        if not data:
            self._event(connection, 'close')
            self._drop(connection)
            return
        connection.buffer += data
        while connection in self._connections:
            request, connection.buffer = split_request(connection.buffer)
            if request is None:
                return
            try:
                self._answer(connection, request)
            except OSError:
                self._drop(connection)

    def _answer(self, connection, request):
        server = connection.server
        script = self._scripts.get(server)
        entry = script.pop(0) if script else None
        action = entry or {}
        if entry is None or action.get('engine'):
            reply = self.engines[server].answer(request)
        elif 'hex' in action:
            reply = bytes.fromhex(action['hex'])
        else:
            reply = action.get('txt', '').encode('latin-1')
        record = {'s': server, 'c': connection.number, 'q': request.hex(), 'a': reply.hex()}
        for name in ('close', 'none', 'rst'):
            if action.get(name):
                record['act'] = name
        self.log.append(record)
        if action.get('hold'):
            self._held.append((connection, reply or self.engines[server].answer(request)))
        elif action.get('split'):
            for byte in reply:
                connection.sock.sendall(bytes([byte]))
                time.sleep(SPLIT_PAUSE_SEC)
        elif not action.get('none'):
            connection.sock.sendall(reply)
        if action.get('rst'):
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        if action.get('rst') or action.get('close'):
            self._drop(connection)

    def _drop(self, connection):
        if connection in self._connections:
            self._connections.remove(connection)
            self._selector.unregister(connection.sock)
            connection.sock.close()

    def _event(self, connection, name):
        if self._events:
            self.log.append({'s': connection.server, 'c': connection.number, 'ev': name})


class StandInProcess:
    """The same in a process of its own, for tests that must do something else meanwhile."""

    def __init__(self, **scenario):
        self._process = subprocess.Popen([sys.executable, '-B', '-m', 'harness.standin'], cwd=HERE,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = self._ask(json.dumps(scenario))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()

    def log(self):
        """The records so far, as `StandIn.log`."""
        return self._ask('log')

    def _ask(self, line):
        self._process.stdin.write(line + '\n')
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def main():
    """Stand-in servers for a program that talks to this one over stdin and stdout.

    One line in, one line out. First a JSON object {"n": servers[, "scripts", "preload", "down", "events"]} -> the
    JSON list of ports. Then `log` -> the log so far, `release` -> number of replies that had been held. Ends
    with stdin.
    """
    scenario = json.loads(sys.stdin.readline())
    net = StandIn([0] * scenario['n'], scenario.get('scripts'), scenario.get('preload'),
                  scenario.get('down', ()), scenario.get('events', False))
    over = []

    def command():
        line = sys.stdin.readline().strip()
        if not line:
            over.append(True)
        elif line == 'log':
            print(json.dumps(net.log), flush=True)
        elif line == 'release':
            print(net.release(), flush=True)
        else:
            sys.exit(f'unknown command {line!r}')

    print(json.dumps(net.ports), flush=True)
    net.watch(sys.stdin, command)
    net.serve(lambda: bool(over))
    net.close()


if __name__ == '__main__':
    main()
