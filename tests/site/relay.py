"""A relay before a memcached server: notes every request, lets a test decide about every reply.

It understands as much of the text protocol as the site speaks: storage commands, get, delete.
"""

import re
import socket
import threading


class Relay:
    def __init__(self, port):
        """Relays to 127.0.0.1:port."""
        self.port = port
        self.requests = []
        # Called with the request's first line and the server's whole reply, in the thread of the
        # connection. It may wait; what it returns goes to the client, and None hangs up.
        self.on_reply = lambda request, reply: reply
        # The same before the server sees the request; False hangs up.
        self.on_request = lambda request: True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, socket.create_connection(("127.0.0.1", self.port)) as server, client.makefile(
            "rb"
        ) as requests, server.makefile("rb") as replies:
            try:
                while line := requests.readline():
                    data = b""
                    if re.match(rb"(set|add|replace|append|prepend|cas) ", line):
                        data = requests.read(int(line.split()[4]) + 2)
                    self.requests.append(line)
                    if not self.on_request(line):
                        return
                    server.sendall(line + data)
                    reply = self.on_reply(line, _read_reply(line, replies))
                    if reply is None:
                        return
                    client.sendall(reply)
            except OSError:
                pass  # either side hung up: so does this connection


def _read_reply(request, replies):
    reply = line = replies.readline()
    if request.startswith(b"get"):
        while line.startswith(b"VALUE "):
            reply += replies.read(int(line.split()[3]) + 2)
            line = replies.readline()
            reply += line
    return reply


class Mute:
    """A server that answers every request with the same bytes: rubbish, or none."""

    def __init__(self, answer=b""):
        self.answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                while client.recv(65536):
                    client.sendall(self.answer)
            except OSError:
                pass
