"""One line on the terminal: how far the whole run is, what is measured now, and how long is left."""

import sys
import time


def clock(seconds):
    minutes, seconds = divmod(int(seconds + 0.5), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


class Progress:
    """Draws on a terminal; elsewhere it prints a line for each case that is done."""

    def __init__(self, cases, out=sys.stderr):
        self.out = out
        self.live = out.isatty()
        self.cases = cases
        self.total = sum(case.expected_seconds for case in cases)
        self.expected_done = 0.0
        self.started = time.monotonic()
        self.index = 0
        self.case_started = self.started

    def begin(self, index):
        self.index = index
        self.case_started = time.monotonic()
        self.step("starting")

    def left(self):
        """What the cases were expected to take, corrected by what those before took."""
        now = time.monotonic()
        case = self.cases[self.index]
        pace = (self.case_started - self.started) / self.expected_done if self.expected_done else 1.0
        in_case = max(case.expected_seconds * pace - (now - self.case_started), 1)
        return in_case + (self.total - self.expected_done - case.expected_seconds) * pace

    def step(self, what):
        if not self.live:
            return
        case = self.cases[self.index]
        left = self.left()
        passed = time.monotonic() - self.started
        share = passed / (passed + left)
        bar = "#" * int(24 * share)
        line = f"[{bar:<24}] {self.index + 1}/{len(self.cases)} {case.name}: {what}; {clock(left)} left"
        self.out.write("\r\x1b[K" + line[:150])
        self.out.flush()

    def end(self, summary):
        case = self.cases[self.index]
        self.expected_done += case.expected_seconds
        clear = "\r\x1b[K" if self.live else ""
        self.out.write(f"{clear}{self.index + 1:>3}/{len(self.cases)} {case.name:<28} {summary}\n")
        self.out.flush()
