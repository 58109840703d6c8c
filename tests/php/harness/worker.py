"""One process of the worker pool: runs scenarios inside a network namespace of its own.

The recorded vectors use ports 21101 and up, which are part of key placement, so they cannot be
moved to free ports; in a private namespace they are always free.
"""
import fcntl
import importlib
import json
import socket
import struct
import sys
import traceback

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def raise_loopback():
    """`ip link set lo up` without needing iproute2."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack('16sh14x', b'lo', 0)
        flags = struct.unpack('16sh14x', fcntl.ioctl(sock, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack('16sh14x', b'lo', flags | IFF_UP))


def main():
    """A job is a line {"call": "module:function", "arguments": {...}}; its answer is a line
    {"ok": value} or {"error": traceback}."""
    raise_loopback()
    answers = sys.stdout
    sys.stdout = sys.stderr     # a stray print must not break the line protocol
    print('ready', file=answers, flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        try:
            module, function = job['call'].split(':')
            value = getattr(importlib.import_module(module), function)(**job['arguments'])
            answer = {'ok': value}
        except Exception:
            answer = {'error': traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == '__main__':
    main()
