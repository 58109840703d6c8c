"""The item store behind the stand-in server: the classic text protocol as memcached 1.6 answers it.

Not a server and not complete: what a client test needs, and nothing shared with this project's own
code, so that the two can disagree.
"""
import time

STORES = (b'set', b'add', b'replace', b'append', b'prepend', b'cas')

STATS = {
    b'': b'STAT pid 1\r\nSTAT version 1.6.99\r\nEND\r\n',
    b'reset': b'RESET\r\n',
    b'items': b'STAT items:1:number 1\r\nSTAT items:1:age 5\r\nEND\r\n',
    b'slabs': b'STAT 1:chunk_size 96\r\nSTAT 1:used_chunks 1\r\nSTAT active_slabs 1\r\nEND\r\n',
    b'cachedump': b'ITEM k [3 b; 1157099416 s]\r\nEND\r\n',
    b'sizes': b'STAT sizes_status disabled\r\nEND\r\n',
}

# Expiry times above this many seconds (30 days) are absolute.
RELATIVE_LIMIT = 60 * 60 * 24 * 30


def split_request(buffer):
    """-> (first whole request or None, the bytes after it)"""
    end = buffer.find(b'\r\n')
    if end < 0:
        return None, buffer
    words = buffer[:end].split(b' ')
    size = end + 2
    if words[0] in STORES and len(words) >= 5 and words[4].isdigit():
        size += int(words[4]) + 2
        if len(buffer) < size:
            return None, buffer
    return buffer[:size], buffer[size:]


class Engine:
    """Items are (flags, data, cas, absolute expiry or None); cas values count up from 1."""

    def __init__(self):
        self.items = {}
        self._cas = 0

    def put(self, key, flags, data, expiry=None):
        self._cas += 1
        self.items[key] = (flags, data, self._cas, expiry)

    def answer(self, request):
        """The reply bytes to one whole request."""
        head, _, rest = request.partition(b'\r\n')
        words = head.split(b' ')
        verb = words[0]
        if verb in STORES:
            return self._store(verb, words, rest)
        if verb in (b'get', b'gets'):
            return self._get(verb, words[1:])
        if verb in (b'incr', b'decr'):
            return self._count(verb, words)
        if verb == b'delete':
            return self._delete(words)
        if verb == b'flush_all':
            self.items.clear()
            return b'OK\r\n'
        if verb == b'version':
            return b'VERSION 1.6.99\r\n'
        if verb == b'stats':
            return STATS.get(words[1] if len(words) > 1 else b'', b'ERROR\r\n')
        return b'ERROR\r\n'

    def _find(self, key):
        item = self.items.get(key)
        if item is not None and item[3] is not None and time.time() >= item[3]:
            del self.items[key]
            return None
        return item

    @staticmethod
    def _expiry(exptime):
        if exptime == 0:
            return None
        if exptime > 0x7fffffff:    # read as a negative signed number: expired at once
            return 0
        return exptime if exptime > RELATIVE_LIMIT else time.time() + exptime

    def _store(self, verb, words, rest):
        if len(words) < 5:
            return b'ERROR\r\n'
        key, flags, exptime, data = words[1], int(words[2]), int(words[3]), rest[:int(words[4])]
        if len(key) > 250:
            return b'CLIENT_ERROR bad command line format\r\n'
        old = self._find(key)
        if verb == b'add' and old is not None:
            return b'NOT_STORED\r\n'
        if verb in (b'replace', b'append', b'prepend') and old is None:
            return b'NOT_STORED\r\n'
        if verb == b'cas':
            if old is None:
                return b'NOT_FOUND\r\n'
            if old[2] != int(words[5]):
                return b'EXISTS\r\n'
        expiry = self._expiry(exptime)
        if verb == b'append':
            flags, data, expiry = old[0], old[1] + data, old[3]
        if verb == b'prepend':
            flags, data, expiry = old[0], data + old[1], old[3]
        self.put(key, flags, data, expiry)
        return b'STORED\r\n'

    def _get(self, verb, keys):
        reply = b''
        for key in keys:
            item = self._find(key)
            if item is not None:
                cas = b' %d' % item[2] if verb == b'gets' else b''
                reply += b'VALUE %s %d %d%s\r\n%s\r\n' % (key, item[0], len(item[1]), cas, item[1])
        return reply + b'END\r\n'

    def _count(self, verb, words):
        item = self._find(words[1])
        if item is None:
            return b'NOT_FOUND\r\n'
        if not item[1].strip().isdigit():
            return b'CLIENT_ERROR cannot increment or decrement non-numeric value\r\n'
        value, delta = int(item[1]), int(words[2])
        value = (value + delta) % (1 << 64) if verb == b'incr' else max(0, value - delta)
        digits = b'%d' % value
        self.put(words[1], item[0], digits.ljust(len(item[1])), item[3])
        return digits + b'\r\n'

    def _delete(self, words):
        if len(words) > 2 and words[2] != b'0':
            return (b'CLIENT_ERROR bad command line format.  '
                    b'Usage: delete <key> [noreply]\r\n')
        item = self._find(words[1])
        self.items.pop(words[1], None)
        return b'DELETED\r\n' if item is not None else b'NOT_FOUND\r\n'
