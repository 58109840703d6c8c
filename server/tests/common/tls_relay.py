"""Puts TLS in front of a server: what comes over TCP goes on over TLS, and back.

usage: tls_relay.py PORT [key=value ...]

Listens on a free port of 127.0.0.1 and writes `port N` to standard output; opens one connection to
PORT for each one that comes, and writes how each ends:

    open VERSION SUITE reused|full   the handshake is done
    failed REASON                    it is not, or TLS broke later
    clean                            the server said that nothing more comes
    cut                              the server closed without saying so

Keys: port (instead of PORT), min, max (TLSv1_2, TLSv1_3), ca (file), cert (file with certificate and key), ciphers (OpenSSL
list), resume (1: offer the session of the connection before). A line of such words on standard input
replaces them for connections from then on, and is answered with `set`. Ends when standard input does.
"""

import selectors
import socket
import ssl
import sys

selector = selectors.DefaultSelector()
session = None


def configure(words):
    """Makes a context of the words."""
    global options, context
    options = dict(word.split("=", 1) for word in words)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if "ca" in options:
        context.verify_mode = ssl.CERT_REQUIRED
        context.check_hostname = True
        context.load_verify_locations(options["ca"])
    if "cert" in options:
        context.load_cert_chain(options["cert"])
    if "ciphers" in options:
        context.set_ciphers(options["ciphers"])
    context.minimum_version = ssl.TLSVersion[options.get("min", "TLSv1_2")]
    context.maximum_version = ssl.TLSVersion[options.get("max", "TLSv1_3")]


def say(text):
    print(text, flush=True)


class Pair:
    """One connection: `near` speaks plain, `far` speaks TLS."""

    def __init__(self, near):
        self.near = near
        port = int(options.get("port", sys.argv[1]))
        self.far = socket.create_connection(("127.0.0.1", port))
        for end in (self.near, self.far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.setblocking(False)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        offered = session if options.get("resume") else None
        self.tls = context.wrap_bio(
            self.incoming, self.outgoing, server_hostname="localhost", session=offered
        )
        self.to_near, self.to_far, self.from_near = b"", b"", b""
        self.open = self.ended = self.near_ended = self.said_bye = self.lingers = False
        self.watched = {}
        self.step()

    def step(self):
        """Does what can be done; then watches for what must come first."""
        global session
        try:
            while self.move():
                pass
        except ssl.SSLError as error:
            say("failed %s" % (error.reason or error))
            self.flush_far()
            return self.close()
        except OSError:
            say("cut")
            return self.close()
        if self.ended and not self.to_near and not self.lingers:
            session = self.tls.session or session
            # Closed with bytes unread, the socket would take back what was sent.
            self.near.shutdown(socket.SHUT_WR)
            self.lingers = True
        if self.lingers:
            self.from_near = b""
            if self.near_ended:
                return self.close()
        self.watch(self.near, not self.near_ended and len(self.from_near) < 65536, self.to_near)
        self.watch(self.far, not self.ended and len(self.to_near) < 65536, self.to_far)

    def move(self):
        """One round; whether anything moved."""
        moved = False
        if not self.open:
            try:
                self.tls.do_handshake()
                self.open = moved = True
                reused = "reused" if self.tls.session_reused else "full"
                say("open %s %s %s" % (self.tls.version(), self.tls.cipher()[0], reused))
            except ssl.SSLWantReadError:
                pass
        if self.open and len(self.to_near) < 65536 and not self.ended:
            try:
                got = self.tls.read(65536)
                self.to_near += got
                moved = True
                if not got:
                    say("clean")
                    self.ended = True
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLZeroReturnError:
                say("clean")
                self.ended = moved = True
            except ssl.SSLEOFError:
                say("cut")
                self.ended = moved = True
        if self.open and self.from_near and len(self.to_far) < 65536:
            written = self.tls.write(self.from_near[:65536])
            self.from_near = self.from_near[written:]
            moved = True
        if self.open and self.near_ended and not self.from_near and not self.said_bye:
            self.said_bye = moved = True
            try:
                self.tls.unwrap()
            except ssl.SSLError:
                pass
        return self.flush_far() or moved

    def flush_far(self):
        self.to_far += self.outgoing.read()
        if not self.to_far:
            return False
        try:
            sent = self.far.send(self.to_far)
        except BlockingIOError:
            return False
        except OSError:
            # Gone; what it said before is still to be read.
            sent = len(self.to_far)
        self.to_far = self.to_far[sent:]
        return True

    def ready(self, end, events):
        try:
            if end is self.near and events & selectors.EVENT_READ:
                got = end.recv(65536)
                self.from_near += got
                self.near_ended = not got
            if end is self.near and events & selectors.EVENT_WRITE:
                self.to_near = self.to_near[end.send(self.to_near) :]
        except OSError:
            return self.close()
        if end is self.far and events & selectors.EVENT_READ:
            try:
                got = end.recv(65536)
            except OSError:
                got = b""
            if got:
                self.incoming.write(got)
            else:
                self.incoming.write_eof()
        self.step()

    def watch(self, end, read, write):
        events = (selectors.EVENT_READ if read else 0) | (selectors.EVENT_WRITE if write else 0)
        before = self.watched.get(end, 0)
        if events and not before:
            selector.register(end, events, self)
        elif events and events != before:
            selector.modify(end, events, self)
        elif before and not events:
            selector.unregister(end)
        self.watched[end] = events

    def close(self):
        for end in (self.near, self.far):
            self.watch(end, False, False)
            end.close()


configure(sys.argv[2:])
listener = socket.create_server(("127.0.0.1", 0), backlog=100)
say("port %d" % listener.getsockname()[1])
selector.register(listener, selectors.EVENT_READ)
selector.register(sys.stdin, selectors.EVENT_READ)
while True:
    for key, events in selector.select():
        if key.fileobj is sys.stdin:
            line = sys.stdin.readline()
            if not line:
                sys.exit()
            configure(line.split())
            say("set")
        elif key.fileobj is listener:
            Pair(listener.accept()[0])
        elif key.data.watched.get(key.fileobj):
            key.data.ready(key.fileobj, events)
