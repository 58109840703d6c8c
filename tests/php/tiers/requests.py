"""Several requests in one PHP process (PHP's own web server): what lasts between them, and what must not."""
import concurrent.futures
import fnmatch
import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from harness.servers import HOST, answers, free_port
from harness.settings import HERE
from harness.standin import StandInProcess

from .wire import readable


class Site:
    """PHP's web server on tests/php/requests, one process."""

    def __init__(self, settings, log):
        self._settings, self._log = settings, log

    def __enter__(self):
        for _ in range(5):
            self._port = free_port()
            self._process = subprocess.Popen(
                [*self._settings.php_command(), '-S', f'{HOST}:{self._port}', '-t', str(HERE / 'requests')],
                stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
            if answers(self._port, self._process):
                return self
            self._process.wait()
        raise RuntimeError("PHP's web server does not start")

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def ask(self, action, port, **more):
        """-> what the action returned; the text when that is no JSON; 'fatal' for a fatal error"""
        query = urllib.parse.urlencode({'do': action, 'port': port, **more})
        try:
            with urllib.request.urlopen(f'http://{HOST}:{self._port}/?{query}', timeout=30) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            return f'fatal {error.code}'
        try:
            return json.loads(text)
        except ValueError:
            return text


def persistent_connection_is_kept(site):
    with StandInProcess(n=1) as net:
        port = net.ports[0]
        yield 'set', True, site.ask('set', port)
        yield 'get', ['v', 'v', 'v'], [site.ask('get', port) for _ in range(3)]
        yield 'one connection', {0}, {record['c'] for record in net.log()}


def other_connections_end_with_the_request(site):
    with StandInProcess(n=1, events=True) as net:
        port = net.ports[0]
        for _ in range(2):
            site.ask('get, not persistent', port)
        expected = ['0.0 open', '0.0 get k\\r\\n', '0.0 close', '0.1 open', '0.1 get k\\r\\n', '0.1 close']
        deadline = time.monotonic() + 5
        while (log := [readable(record) for record in net.log()]) != expected and time.monotonic() < deadline:
            site.ask('ping', port)     # the end of a request comes after its answer
        yield 'opened and closed', expected, log


def closed_while_idle(site):
    with StandInProcess(n=1, scripts={0: [{'engine': True, 'close': True}]}) as net:
        port = net.ports[0]
        yield 'set', True, site.ask('set', port)
        yield 'the next request connects again', 'v', site.ask('get', port)
        yield 'status', 1, site.ask('status', port)


def failure_is_remembered(site):
    with StandInProcess(n=1, scripts={0: [{'txt': 'rubbish\r\n'}]}) as net:
        port = net.ports[0]
        yield 'set', False, site.ask('set', port)
        yield 'status in the next request', 0, site.ask('status', port)
        yield 'not asked', False, site.ask('get', port)
        yield 'log', 1, len(net.log())


def settings_are_forgotten(site):
    with StandInProcess(n=1) as net:
        port = net.ports[0]
        yield 'set', True, site.ask('change settings', port)
        yield 'settings', ['', 'consistent', '20000'], site.ask('settings', port)
        site.ask('set', port)
        yield 'keys', ['pre_k', 'k'], [bytes.fromhex(record['q']).split()[1].decode() for record in net.log()]


def leaving_inside_a_call(site):
    """A request that ends inside get() leaves no reply for the next one."""
    for how, answer in (('exit', 'left'), ('fatal', 'fatal 500'), ('throw', 'fatal 500')):
        for action in ('leave in get', 'leave in get of many'):
            with StandInProcess(n=1) as net:
                port = net.ports[0]
                yield f'{how}: prepare', True, site.ask('prepare', port)
                yield f'{how}: {action}', answer, site.ask(action, port, how=how)
                yield f'{how}: {action}, then', ['a', {'a': 'a', 'z': 'z'}, False, 'z'], site.ask('check', port)


SCENARIOS = (persistent_connection_is_kept, other_connections_end_with_the_request, closed_while_idle,
             failure_is_remembered, settings_are_forgotten, leaving_inside_a_call)


def run(settings, report, only):
    settings.work.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(settings.jobs) as threads:
        jobs = [threads.submit(scenario, settings, report, function) for function in SCENARIOS
                if fnmatch.fnmatch(function.__name__, only)]
        for job in jobs:
            job.result()


def scenario(settings, report, function):
    with open(settings.work / f'site-{function.__name__}.log', 'wb') as log, Site(settings, log) as site:
        for what, expected, actual in function(site):
            report.check(f'requests {function.__name__}: {what}', expected, actual)
