"""Memory: some phpt under valgrind, and loops after which nothing may have grown."""
import concurrent.futures
import fnmatch
import json
import os
import re
import shutil
import subprocess

from harness.servers import HOST, Servers
from harness.settings import HERE, PECL_DEPRECATION
from harness.standin import StandIn

# Those that go through the most code that allocates; each takes some seconds under valgrind.
UNDER_VALGRIND = ('store_many', 'get_many', 'values', 'undecodable', 'failure_callback', 'connection_property',
                  'reentrancy', 'persistent', 'connect_refused', 'no_servers', 'ini_wrong',
                  'callbacks_that_interfere', 'throwing_handler', 'references', 'closes_mid_reply')
# At low priority, so that it does not starve the tiers beside it, in which time-outs run.
VALGRIND = ('nice', '-n', '10', 'valgrind', '-q', '--leak-check=full', '--show-leak-kinds=definite',
            '--errors-for-leak-kinds=definite', '--num-callers=30', '--error-exitcode=99')

# Between the two measurements are 1000 rounds. PHP's heap may grow by less than 16 bytes each (buffers
# have the size of the largest piece that happened to arrive), the process by less than a page in ten.
HEAP_LIMIT_BYTES = 16_000
RESIDENT_LIMIT_KIB = 400

# What the reference is known to lose: pools and connections until the end of the request, the value
# that was in $flags or $cas, half-unserialized values, the object of a failed memcache_connect(),
# objects whose failure callback holds them.
ORACLE_LOSES = ('objects, dropped', 'objects, closed', 'failures', 'persistent', 'one key', 'undecodable',
                'connect_refused', 'failure_callback', 'closes_mid_reply')

# At the end of a request PHP drops cycles of objects without freeing them.
FREE_ALL = '<?php foreach (array_keys($GLOBALS) as $_name) { unset($GLOBALS[$_name]); } gc_collect_cycles();'


def run(settings, report, only):
    if not settings.memcached:
        report.skipped('leaks', 'no memcached')
        return
    folder = settings.work / 'leaks'
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / 'phpt', folder)
    with (Servers(settings.memcached, 4, folder / 'server.log') as servers,
          concurrent.futures.ThreadPoolExecutor(settings.jobs) as threads):
        waiting = []
        if fnmatch.fnmatch('growth', only):
            waiting.append(threads.submit(growth, settings, report, servers.ports[3]))
        if not shutil.which('valgrind'):
            report.skipped('valgrind', 'not installed')
        else:
            waiting += [threads.submit(valgrind, settings, report, folder, name, servers.ports)
                        for name in UNDER_VALGRIND if fnmatch.fnmatch(name, only)]
        for job in waiting:
            job.result()


def growth(settings, report, port):
    refusing = StandIn([0], down=[0])
    answer = subprocess.run([*settings.php_command(), str(HERE / 'leaks' / 'growth.php'),
                             json.dumps([port, refusing.ports[0]])], capture_output=True, text=True)
    refusing.close()
    if answer.returncode:
        report.failed('growth', answer.stdout[-500:] + answer.stderr[-500:])
        return
    for name, (heap, resident) in json.loads(answer.stdout).items():
        title = f'growth: {name}'
        if settings.oracle and name in ORACLE_LOSES:
            report.note(f'{title}: {heap} bytes, {resident} KiB (known of pecl)')
        elif heap >= HEAP_LIMIT_BYTES or resident > RESIDENT_LIMIT_KIB:
            report.failed(title, f"PHP's heap grew by {heap} bytes, the process by {resident} KiB")
        else:
            report.passed()


def valgrind(settings, report, folder, name, ports):
    """The php of one phpt; its output is checked elsewhere, here it is about memory alone."""
    test = (folder / f'{name}.phpt').read_text()
    if settings.oracle and 'MCRS_TEST_ORACLE' in test:
        return      # pecl's extension does not pass it at all
    script = folder / f'{name}.php'
    script.write_text(re.search(r'--FILE--\n(.*?)\n--[A-Z]+--', test, re.DOTALL)[1] + FREE_ALL)
    log = folder / f'{name}.valgrind'
    environment = {
        **os.environ,
        'USE_ZEND_ALLOC': '0',
        'ZEND_DONT_UNLOAD_MODULES': '1',    # the log then names functions of the extension
        'MCRS_TEST_HOST': HOST,
        'MCRS_TEST_PORTS': ','.join(map(str, ports[:3])),
        'MCRS_TEST_HARNESS': str(HERE),
        'MCRS_TEST_IGNORED_MESSAGE': PECL_DEPRECATION if settings.oracle else '',
    }
    # PCRE's compiled patterns read beyond the ends of strings, harmlessly.
    command = [*VALGRIND, f'--log-file={log}', *settings.php_command('pcre.jit=0'), str(script)]
    process = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True)
    found = log.read_text(errors='replace').strip()
    if process.returncode == 0 and not found:
        report.passed()
    elif settings.oracle and name in ORACLE_LOSES:
        report.note(f'valgrind {name}: leaks (known of pecl)')
    else:
        report.failed(f'valgrind {name}', f'exit status {process.returncode}\n{process.stderr}\n{found[:6000]}')
