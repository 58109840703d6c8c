"""tests/php/phpt under PHP's own run-tests.php, against stock memcached and against mcrsd."""
import os
import re
import shutil
import subprocess
import threading

from harness.servers import HOST, Servers, nobody
from harness.settings import HERE, PECL_DEPRECATION

# Shared by all phpt of a run, which use keys of their own; then those that a phpt may flush or fill.
SHARED, EXCLUSIVE = 3, 2

RESULT = re.compile(r'^(PASS|FAIL|SKIP|BORK|WARN|LEAK|XFAIL|XLEAK|TEST)\w*\t(.*)$')


def run(settings, report, only):
    runner = settings.run_tests_php()
    if not runner:
        report.skipped('phpt', 'no run-tests.php: install the development files of PHP')
        return
    threads = []
    for name, program in (('memcached', settings.memcached), ('mcrsd', settings.mcrsd)):
        if not program:
            report.skipped(f'phpt on {name}', 'no such server')
            continue
        threads.append(threading.Thread(target=guarded, args=(settings, report, only, runner, name, program)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def guarded(settings, report, only, runner, name, program):
    try:
        one_server(settings, report, only, runner, name, program)
    except Exception as e:
        report.failed(f'phpt on {name}', e)


def one_server(settings, report, only, runner, name, program):
    """All phpt on one kind of server, in a copy, since run-tests.php writes beside the tests."""
    folder = settings.work / f'phpt-{name}'
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / 'phpt', folder)
    tests = sorted(folder.glob(only if only.endswith('.phpt') else only + '.phpt'))
    if not tests:
        return
    results = folder / 'results.txt'
    # It writes beside itself too, where only root may.
    runner = shutil.copy(runner, folder)
    with Servers(program, SHARED + EXCLUSIVE, folder / 'server.log') as servers:
        ports = [str(port) for port in servers.ports]
        environment = {
            **os.environ,
            'TEST_PHP_EXECUTABLE': shutil.which(settings.php) or settings.php,
            'NO_INTERACTION': '1',
            'REPORT_EXIT_STATUS': '0',
            'MCRS_TEST_HOST': HOST,
            'MCRS_TEST_PORTS': ','.join(ports[:SHARED]),
            'MCRS_TEST_EXCLUSIVE_PORTS': ','.join(ports[SHARED:]),
            'MCRS_TEST_SERVER': name,
            'MCRS_TEST_PROGRAM': str(program),
            'MCRS_TEST_USER': nobody() if os.geteuid() == 0 else '',
            'MCRS_TEST_HARNESS': str(HERE),
            'MCRS_TEST_IGNORED_MESSAGE': PECL_DEPRECATION if settings.oracle else '',
            'MCRS_TEST_ORACLE': '1' if settings.oracle else '',
        }
        command = [settings.php, '-n', str(runner), '-q', '-n', f'-j{2 * settings.jobs + 1}', '--no-color', '--no-progress',
                   '-d', f'extension={settings.extension}', '-g', 'FAIL,BORK,WARN,LEAK,SKIP', '--show-diff', '-W', str(results),
                   *map(str, tests)]
        process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True,
                                 errors='replace', stdin=subprocess.DEVNULL)
    (folder / 'run-tests.log').write_text(process.stdout + process.stderr)
    count(settings, report, name, folder, tests, results, process)


def count(settings, report, name, folder, tests, results, process):
    seen = {}
    for line in results.read_text().splitlines() if results.exists() else ():
        match = RESULT.match(line)
        if match:
            seen[os.path.basename(match[2])] = match[1]
    for test in tests:
        outcome = seen.get(test.name)
        title = f'phpt on {name}: {test.name}'
        if outcome == 'PASS':
            report.passed()
        elif outcome == 'SKIP':
            reason = skip_reason(process.stdout, test.name)
            if settings.oracle:
                report.note(f'{title} left out: {reason}')
            else:
                report.skipped(title, reason)
        else:
            diff = test.with_suffix('.diff')
            report.failed(title, diff.read_text(errors='replace') if diff.exists()
                          else f'{outcome}: see {folder / "run-tests.log"}')


def skip_reason(output, name):
    match = re.search(rf'^SKIP .*{re.escape(name)}\] (?:reason: )?(.*)$', output, re.MULTILINE)
    return match[1] if match else 'left out'
