"""Starts a program as systemd would: with sockets, or in the confinement of Debian's memcached.service.

usage: unit.py [tcp] [unix=PATH] [udp] [confined] -- PROGRAM ARG...

Each socket listens (tcp and udp on a free port of 127.0.0.1, written to standard output as `port N`) and
is handed over as sd_listen_fds(3) says. `confined` gives up what the unit takes away, as far as a process
can do that to itself: new privileges, capabilities but three, writable memory that is executable, sockets
of other families.
"""

import ctypes
import os
import socket
import struct
import sys

split = sys.argv.index("--")
words, program = sys.argv[1:split], sys.argv[split + 1 :]
libc = ctypes.CDLL(None, use_errno=True)


def prctl(*args):
    if libc.prctl(*(ctypes.c_ulong(arg) for arg in args)) != 0:
        sys.exit("prctl%r: %s" % (args, os.strerror(ctypes.get_errno())))


def confine():
    for capability in range(41):
        if capability not in (6, 7, 24):  # SETGID, SETUID, SYS_RESOURCE
            libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP; fails beyond the last one
    prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    prctl(65, 1, 0, 0, 0)  # PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN
    # socket(2) of a family that is not AF_UNIX, AF_INET or AF_INET6: EAFNOSUPPORT.
    load, equal, give = 0x20, 0x15, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000 | 97
    number = {"x86_64": 41, "aarch64": 198}[os.uname().machine]
    steps = [
        (load, 0, 0, 0),  # the number of the call
        (equal, 0, 5, number),
        (load, 0, 0, 16),  # its first argument
        (equal, 3, 0, 1),
        (equal, 2, 0, 2),
        (equal, 1, 0, 10),
        (give, 0, 0, refuse),
        (give, 0, 0, allow),
    ]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(buffer))
    program = ctypes.create_string_buffer(program)
    prctl(22, 2, ctypes.addressof(program))  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


sockets = []
for word in words:
    if word == "tcp":
        sockets.append(socket.create_server(("127.0.0.1", 0)))
    elif word.startswith("unix="):
        sockets.append(socket.socket(socket.AF_UNIX))
        sockets[-1].bind(word[5:])
        os.chmod(word[5:], 0o777)
        sockets[-1].listen()
    elif word == "udp":
        sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sockets[-1].bind(("127.0.0.1", 0))
    elif word == "unbound":
        sockets.append(socket.socket())
if sockets:
    copies = [os.dup(one.fileno()) for one in sockets]
    # Out of the way first, lest one is overwritten before it is copied.
    copies = [os.dup2(copy, 100 + copy) for copy in copies]
    for place, copy in enumerate(copies):
        os.dup2(copy, 3 + place, inheritable=True)
    os.environ["LISTEN_FDS"] = str(len(copies))
    os.environ["LISTEN_PID"] = str(os.getpid())
    for one in sockets:
        if one.family == socket.AF_INET:
            print("port %d" % one.getsockname()[1], flush=True)
if "confined" in words:
    confine()
os.execv(program[0], program)
