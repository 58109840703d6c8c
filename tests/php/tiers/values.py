"""Values: every row of vectors/values-write.tsv and values-read.tsv."""
import hashlib
import json
import zlib

from harness import phpcase, pool
from harness.settings import HERE, PECL_DEPRECATION

from .table import rows

SCRIPTS = HERE / 'tiers' / 'php'

# The one value of values-read.tsv that is too long to be written out there.
LONG_VALUES = {'zlib of 40000000 x 78': zlib.compress(b'x' * 40_000_000)}


def run(settings, report, only):
    command = settings.php_command('memory_limit=-1')
    jobs = [('tiers.values:written', {'command': command}, (check_written, 'values-write')),
            ('tiers.values:read', {'command': command}, (check_read, 'values-read'))]

    def on_answer(tag, answer, error):
        check, name = tag
        if error:
            report.failed(name, error)
        else:
            check(report, answer)

    pool.run([job for job in jobs if only == '*' or job[2][1] == only], 2, on_answer)


def written(command):
    """-> per row [result, read back, messages, [stored flags, stored hex] or None]"""
    table = [[row[c] for c in ('php', 'compress_threshold', 'min_savings', 'flags_argument')]
             for row in rows('values-write.tsv')]
    answers, wire = phpcase.call(command, SCRIPTS / 'values_write.php', table, servers=1,
                                 dropped=PECL_DEPRECATION)
    stored = {}
    for record in wire:
        head, _, data = bytes.fromhex(record['q']).partition(b'\r\n')
        if head.startswith(b'set '):
            _, key, flags, _, size = head.split(b' ')
            stored[int(key[1:])] = [int(flags), data[:int(size)].hex()]
    return [[*answer, stored.get(number)] for number, answer in enumerate(answers)]


def check_written(report, answers):
    for row, (result, read_back, messages, stored) in zip(rows('values-write.tsv'), answers, strict=True):
        name = f'values-write {row["php"]} {row["compress_threshold"]} {row["min_savings"]} {row["flags_argument"]}'
        expected = {'result': json.loads(row['result']), 'read_back': row['read_back'],
                    'messages': json.loads(row['messages'] or '[]'), 'flags': row['stored_flags']}
        actual = {'result': result, 'read_back': read_back, 'messages': messages,
                  'flags': '' if stored is None else str(stored[0])}
        if row['unpacked']:
            # The deflate implementation is free; what counts is the format and what it unpacks to.
            expected |= {'unpacked': row['unpacked'], 'head': '789c'}
            actual |= {'unpacked': unpacked(stored), 'head': stored[1][:4] if stored else ''}
        else:
            expected['bytes'] = row['stored_hex']
            actual['bytes'] = shortened(stored)
        report.check(name, expected, actual)


def unpacked(stored):
    if not stored or not stored[0] & 2:
        return 'not compressed'
    raw = zlib.decompress(bytes.fromhex(stored[1]))
    return f'zlib:len={len(raw)},md5={hashlib.md5(raw).hexdigest()}'


def shortened(stored):
    if stored is None:
        return ''
    data = bytes.fromhex(stored[1])
    return data.hex() if len(data) <= 200 else f'len={len(data)},md5={hashlib.md5(data).hexdigest()}'


def read(command):
    """-> per row [shown value, flags reference, messages]"""
    table = rows('values-read.tsv')
    preload = {}
    for number, row in enumerate(table):
        long = LONG_VALUES.get(row['stored_hex'])
        preload[f'r{number}'] = (int(row['stored_flags']), long.hex() if long else row['stored_hex'])
    return phpcase.call(command, SCRIPTS / 'values_read.php', len(table), servers=1, preload={0: preload},
                        dropped=PECL_DEPRECATION)[0]


def check_read(report, answers):
    for row, (shown, flags, messages) in zip(rows('values-read.tsv'), answers, strict=True):
        expected = [row['php value of get()'], json.loads(row['flags reference']),
                    json.loads(row['messages'] or '[]')]
        report.check(f'values-read {row["stored_flags"]} {row["stored_hex"][:60]}', expected,
                     [shown, flags, messages])
