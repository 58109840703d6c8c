"""Runs one recorded scenario: its php in a process of its own, the stand-in servers beside it."""
import json
import os
import subprocess
import tempfile
from pathlib import Path

from .standin import StandIn

BASE_PORT = 21101
PRELUDE = Path(__file__).with_name('prelude.php')

FILE = '''<?php
const BASE_PORT = {port}, DROPPED = {dropped};
require {prelude};
try {{ $R = d((function () use (&$MSG) {{
{php}
}})()); }} catch (Throwable $e) {{ $R = 'throws ' . get_class($e) . ': ' . $e->getMessage(); }}
echo "\\n@@@", json_encode(['result' => $R, 'messages' => $MSG], JSON_UNESCAPED_SLASHES), "\\n";
'''

# No scenario takes more than a few seconds; one that hangs is ended and reported as died.
TIME_LIMIT_SEC = 60


def quoted(text):
    """A PHP string literal."""
    return "'" + str(text).replace('\\', '\\\\').replace("'", "\\'") + "'"


def call(command, script, argument, servers=0, preload=None, dropped=''):
    """Run a php file that returns a function of one argument, with `servers` stand-ins beside it.

    -> (what the function returned, the wire records). Both ways as JSON.
    """
    with tempfile.NamedTemporaryFile('w', prefix='mcrs-argument-', suffix='.json') as file:
        json.dump(argument, file)
        file.flush()
        php = (f'echo "JSON", json_encode((require {quoted(script)})'
               f'(json_decode(file_get_contents({quoted(file.name)}), true)), JSON_THROW_ON_ERROR);')
        answer = run(command, {'n': servers, 'preload': preload, 'php': php}, dropped)
    text = answer.get('stdout', '')
    if not text.startswith('JSON'):
        raise RuntimeError(f'{Path(script).name}: {answer}')
    return json.loads(text[4:]), answer['wire']


def run(command, case, dropped=''):
    """`command`: php and its options. `dropped`: text of a message that does not count.

    -> {"result", "messages", "wire"[, "died", "stdout", "stderr"]} as in vectors/wire.json.
    """
    net = StandIn([BASE_PORT + i for i in range(case['n'])], case.get('scripts'), case.get('preload'),
                  case.get('down', ()), case.get('events', False))
    for name, value in (case.get('ini') or {}).items():
        command = [*command, '-d', f'{name}={value}']
    with tempfile.TemporaryDirectory(prefix='mcrs-case-') as folder:
        script = Path(folder) / 'case.php'
        script.write_text(FILE.format(port=BASE_PORT, dropped=quoted(dropped), prelude=quoted(PRELUDE),
                                      php=case['php']), encoding='utf-8')
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen([*command, str(script)], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                       env={**os.environ, **(case.get('env') or {})})
            _serve_while_running(net, process)
            out.seek(0)
            err.seek(0)
            answer = _collect(process.returncode, out.read().decode('latin-1'), err.read().decode('latin-1'))
    net.drain()
    net.close()
    answer['wire'] = sorted(net.log, key=lambda r: (r['s'], r.get('c', -1)))
    return answer


def _serve_while_running(net, process):
    ended = []
    pidfd = os.pidfd_open(process.pid)
    net.watch(pidfd, lambda: ended.append(True))
    if not net.serve(lambda: bool(ended), TIME_LIMIT_SEC):
        process.kill()
    process.wait()
    net.unwatch(pidfd)
    os.close(pidfd)


def _collect(returncode, out, err):
    answer = {'result': None, 'messages': []}
    if '\n@@@' in out:
        before, _, last = out.rpartition('\n@@@')
        answer = json.loads(last)
        out = before
    else:
        answer['died'] = str(returncode)
    if out.strip():
        answer['stdout'] = out.strip()
    err = '\n'.join(line for line in err.splitlines() if line.strip())
    if err:
        answer['stderr'] = err
    return answer
