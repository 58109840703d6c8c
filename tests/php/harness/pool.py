"""Runs jobs in parallel worker processes, each in its own network namespace."""
import json
import os
import queue
import subprocess
import sys
import threading

from .settings import HERE


class NoNamespace(Exception):
    """This machine lets us make no network namespace; the text says what it answered."""


def _start():
    """A ready worker. As root a plain network namespace, else one inside a user namespace."""
    unshare = ['unshare', '-n' if os.geteuid() == 0 else '-rn']
    process = subprocess.Popen([*unshare, sys.executable, '-B', '-m', 'harness.worker'], cwd=HERE, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if process.stdout.readline() != 'ready\n':
        raise NoNamespace(process.communicate()[1].strip() or 'worker ended at once')
    threading.Thread(target=_forward, args=(process.stderr,), daemon=True).start()
    return process


def _forward(stream):
    for line in stream:
        sys.stderr.write(line)


def run(jobs, count, on_answer):
    """Run `jobs` (call, arguments, tag) on `count` workers, the first ones first.

    `on_answer(tag, value, error)` is called from several threads as answers arrive. Raises
    NoNamespace before anything ran when there are no namespaces.
    """
    waiting = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    workers = [_start() for _ in range(min(count, len(jobs)))]
    threads = [threading.Thread(target=_feed, args=(w, waiting, on_answer)) for w in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _feed(worker, waiting, on_answer):
    while True:
        try:
            call, arguments, tag = waiting.get_nowait()
        except queue.Empty:
            break
        try:
            worker.stdin.write(json.dumps({'call': call, 'arguments': arguments}) + '\n')
            worker.stdin.flush()
            line = worker.stdout.readline()
        except BrokenPipeError:
            line = ''
        if not line:
            on_answer(tag, None, 'the worker process died')
            break
        answer = json.loads(line)
        on_answer(tag, answer.get('ok'), answer.get('error'))
    worker.stdin.close()
    worker.wait()
