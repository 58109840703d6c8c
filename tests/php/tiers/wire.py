"""The recorded scenarios of vectors/wire.json: result, messages and request bytes must agree.

What does not agree by intention is in vectors/exceptions.toml, every entry with its reason; where the project fixes
a defect of the reference, the entry states what this project does instead, and that is checked.
"""
import collections
import fnmatch
import json
import re
import tomllib
import zlib

from harness import pool
from harness.engine import STORES
from harness.settings import PECL_DEPRECATION, VECTORS

# What an [[ours]] entry may state; or `replace`, pairs of texts, which changes parts of the recorded result.
FIELDS = ('result', 'messages', 'wire', 'stderr')

# Scenarios that sleep or time out are started first, so that they do not end the run.
SLOW = re.compile(r'timeout|usleep|"none"')


# Where in the scenario's file a fatal error happened.
PLACE = re.compile(r' in \S+\(\d+\)')


def run(settings, report, only):
    cases = json.loads((VECTORS / 'wire.json').read_text())['cases']
    rules = Exceptions(tomllib.loads((VECTORS / 'exceptions.toml').read_text()), settings.oracle)
    rules.check(cases, report)
    jobs, left_out = [], collections.Counter()
    for case in cases:
        if not fnmatch.fnmatch(case['id'], only):
            continue
        later = rules.later(case['id'])
        if later:
            left_out[later] += 1
            continue
        arguments = {'command': settings.php_command(), 'case': case,
                     'dropped': PECL_DEPRECATION if settings.oracle else ''}
        jobs.append(('harness.phpcase:run', arguments, case))
    jobs.sort(key=lambda job: not SLOW.search(json.dumps(job[2])))

    def on_answer(case, answer, error):
        name = f'wire {case["id"]}'
        if error:
            report.failed(name, error)
            return
        wrong = compare(rules.expected(case), answer, case.get('racy', False))
        report.failed(name, '\n'.join([case['php'], *wrong])) if wrong else report.passed()

    pool.run(jobs, settings.jobs + 1, on_answer)
    for reason, count in left_out.items():
        report.note(f'wire: {count} scenarios not run: {reason}')


class Exceptions:
    """vectors/exceptions.toml; its head says what the sections mean."""

    def __init__(self, data, oracle):
        self._later = data.get('later', [])
        self._changed = {e['case']: e for e in data.get('pecl80' if oracle else 'ours', [])}
        self._all = self._later + data.get('ours', []) + data.get('pecl80', [])

    def later(self, name):
        """The reason why this scenario is not run yet, or None."""
        return next((e['reason'] for e in self._later if fnmatch.fnmatch(name, e['cases'])), None)

    def expected(self, case):
        """The recorded scenario with what differs by intention put in. None: not compared."""
        expected = {'result': case['result'], 'messages': case.get('messages', []),
                    'wire': case['wire'], 'stderr': case.get('stderr', '')}
        change = self._changed.get(case['id'], {})
        expected.update({f: change[f] for f in FIELDS if f in change})
        for old, new in change.get('replace', []):
            expected['result'] = expected['result'].replace(old, new)
        for field in change.get('unchecked', []):
            expected[field] = None
        return expected

    def check(self, cases, report):
        """Every entry has a reason, names a scenario that exists, and changes something."""
        names = [case['id'] for case in cases]
        for entry in self._all:
            pattern = entry.get('cases') or entry['case']
            if not entry.get('reason'):
                report.failed('exceptions.toml', f'{pattern}: no reason')
            if not fnmatch.filter(names, pattern):
                report.failed('exceptions.toml', f'{pattern}: no such scenario')
        recorded = {case['id']: case for case in cases}
        for name, entry in self._changed.items():
            case = recorded.get(name, {})
            same = [f for f in FIELDS if f in entry and entry[f] == case.get(f)]
            same += [old for old, _ in entry.get('replace', []) if old not in case.get('result', '')]
            if same or not set(entry) & {*FIELDS, 'replace', 'unchecked'}:
                report.failed('exceptions.toml', f'{name}: states nothing different ({same})')


def compare(expected, answer, racy):
    """-> the differences, as text; `racy`: request bytes hang on which server answers first"""
    wrong = []
    answer = {**answer, 'stderr': PLACE.sub(' in FILE', answer.get('stderr', ''))}
    if expected['stderr'] is not None:
        expected['stderr'] = PLACE.sub(' in FILE', expected['stderr'])
    for field in ('result', 'messages', 'stderr'):
        actual = answer[field]
        if field == 'result' and 'died' in answer:
            actual = f'php died with {answer["died"]}: {answer.get("stdout")}'
        if expected[field] is not None and expected[field] != actual:
            wrong += [f'{field} expected: {expected[field]!r}', f'{field} actual:   {actual!r}']
    if not racy and expected['wire'] is not None:
        wrong += compare_wire(expected['wire'], answer['wire'])
    return wrong


def compare_wire(expected, actual):
    """`expected`: the recorded list, or lines as of `readable` from exceptions.toml."""
    actual_lines = [readable(record) for record in actual]
    if expected and isinstance(expected[0], dict):
        expected = [readable(record) for record in expected]
    if expected == actual_lines:
        return []
    return ['wire expected:', *('  ' + line for line in expected),
            'wire actual:', *('  ' + line for line in actual_lines)]


def readable(record):
    """`SERVER.CONNECTION request` with escapes, or `SERVER.CONNECTION open|close`."""
    where = f'{record["s"]}.{record["c"]} '
    if 'ev' in record:
        return where + record['ev']
    data = inflated(bytes.fromhex(record['q']))
    return where + ''.join(chr(b) if 32 <= b < 127 and b != 92 else ESCAPES.get(b, f'\\x{b:02x}') for b in data)


ESCAPES = {13: '\\r', 10: '\\n', 92: '\\\\'}


def inflated(request):
    """A request that stores a compressed value, with what it unpacks to: the deflate implementation is free."""
    head, _, data = request.partition(b'\r\n')
    words = head.split(b' ')
    if len(words) < 5 or words[0] not in STORES or not int(words[2]) & 2 or data[:2] != b'\x78\x9c':
        return request
    return b' '.join([*words[:4], b'zlib', *words[5:]]) + b'\r\n' + zlib.decompress(data[:-2]) + b'\r\n'
