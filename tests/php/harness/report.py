"""Counting and printing of results; shared by tiers that run at the same time."""
import threading


class Report:
    """Failures and skips are printed as they come, passes are only counted."""

    def __init__(self, skips_fail):
        self._skips_fail = skips_fail
        self._lock = threading.Lock()
        self.passed_count = self.failed_count = self.skipped_count = 0

    def passed(self, count=1):
        with self._lock:
            self.passed_count += count

    def failed(self, name, detail=''):
        with self._lock:
            self.failed_count += 1
            self._print('FAIL', name, detail)

    def skipped(self, name, reason):
        """Something the test needs is missing here. What is left out by decision is a note instead."""
        with self._lock:
            self.skipped_count += 1
            self._print('skipped', name, reason)

    def note(self, text):
        with self._lock:
            print(text, flush=True)

    def check(self, name, expected, actual):
        """One comparison, one count."""
        if expected == actual:
            self.passed()
        else:
            self.failed(name, f'expected: {expected!r}\nactual:   {actual!r}')

    @property
    def green(self):
        return self.failed_count == 0 and not (self._skips_fail and self.skipped_count)

    def summary(self):
        return (f'{self.passed_count} passed, {self.failed_count} failed, '
                f'{self.skipped_count} skipped')

    @staticmethod
    def _print(word, name, detail):
        lines = str(detail).splitlines()
        print('\n'.join([f'{word} {name}'] + ['    ' + line[:2000] for line in lines]), flush=True)
