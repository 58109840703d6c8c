"""Data written by pecl's extension, read and changed by ours, read again by pecl's; and the other way.

On two servers, so that both must agree where a key lives, with each strategy and hash function.
"""
import concurrent.futures
import fnmatch
import itertools
import json
import subprocess

from harness.servers import Servers
from harness.settings import HERE

SCRIPT = HERE / 'interop' / 'exchange.php'


def run(settings, report, only):
    if not settings.pecl:
        report.skipped('interop', "no extension of pecl's: `make deps` unpacks it")
        return
    pairs = [('pecl, pecl', settings.pecl, settings.pecl)] if settings.oracle else [
        ('pecl, ours', settings.pecl, settings.extension),
        ('ours, pecl', settings.extension, settings.pecl),
    ]
    settings.work.mkdir(parents=True, exist_ok=True)
    for name, program in (('memcached', settings.memcached), ('mcrsd', settings.mcrsd)):
        if not program:
            report.skipped(f'interop on {name}', 'no such server')
            continue
        with (Servers(program, 2, settings.work / f'interop-{name}.log') as servers,
              concurrent.futures.ThreadPoolExecutor(settings.jobs) as threads):
            for pair, strategy, function in itertools.product(pairs, ('standard', 'consistent'), ('crc32', 'fnv')):
                title = f'interop {pair[0]} on {name}, {strategy} {function}'
                if fnmatch.fnmatch(title, only):
                    threads.submit(guarded, exchange, settings, report, title, pair, strategy, function, servers.ports)


def guarded(function, settings, report, title, *arguments):
    try:
        function(settings, report, title, *arguments)
    except Exception as e:
        report.failed(title, e)


def exchange(settings, report, title, pair, strategy, function, ports):
    """The three steps of one exchange; every check of each is a test, and so are equal flags."""
    _, first, second = pair
    prefix = ''.join(c if c.isalnum() else '-' for c in title) + ':'
    flags = []
    for step, extension in (('write', first), ('change', second), ('review', first)):
        command = settings.php_command(f'memcache.hash_strategy={strategy}', f'memcache.hash_function={function}',
                                       'serialize_precision=-1', extension=extension)
        answer = subprocess.run([*command, str(SCRIPT), step, prefix, json.dumps(ports)], capture_output=True,
                                text=True)
        if answer.returncode or not answer.stdout.startswith('{'):
            report.failed(f'{title}: {step}', answer.stdout[-1000:] + answer.stderr[-1000:])
            return
        result = json.loads(answer.stdout)
        flags.append(result['flags'])
        for name, outcome in result['checks'].items():
            report.check(f'{title}: {step}: {name}', True, outcome)
    report.check(f'{title}: flags', [flags[0], flags[0]], flags[1:])
