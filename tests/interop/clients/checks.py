"""What the Python programs share: a check is a line."""
import sys
import time
import traceback

# Longer than a chunk of the largest slab class, with every byte in it.
LARGE = bytes(range(256)) * 3000


def main(client, program):
    """Runs program(), whose client is absent if that fails to import."""
    try:
        __import__(client)
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(77)
    try:
        program()
    except Exception:
        print('FAIL', traceback.format_exc())
        sys.exit(1)


def check(what, expected, actual):
    if expected == actual:
        print('ok', what)
    else:
        print(f'FAIL {what}: {str(actual)[:200]} and not {str(expected)[:200]}')


def until(what, condition):
    """Expiry comes with the tick of a clock, within two seconds."""
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    check(what, True, condition())
