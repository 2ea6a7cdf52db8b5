"""When failed logins lock the door, and for how long. Pure.

Failures are counted by account and address, so that a stranger guessing from his machine does not
lock a dispatcher out of hers; many failures from anywhere lock the account for all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

NS_PER_S = 1_000_000_000
ANYWHERE = "*"
FREE_FROM_ONE = 5
FREE_FROM_ANYWHERE = 50
FIRST_LOCK_S = 60
LONGEST_LOCK_S = 900
FORGOTTEN_S = 3600
"""Failures that long ago do not count any more."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed logins in a row of one account from one address."""

    count: int = 0
    last_ns: int = 0
    locked_until_ns: int = 0


def wait_s(failures: Failures, now_ns: int) -> int:
    """Whole seconds until the next try is let in; 0: now."""
    return max(0, -(-(failures.locked_until_ns - now_ns) // NS_PER_S))


def one_more(failures: Failures, free: int, now_ns: int) -> Failures:
    """The failures after one more; beyond `free` each doubles the lock."""
    count = failures.count if now_ns - failures.last_ns < FORGOTTEN_S * NS_PER_S else 0
    count += 1
    after = replace(failures, count=count, last_ns=now_ns)
    if count < free:
        return after
    seconds = min(FIRST_LOCK_S * 2 ** min(count - free, 10), LONGEST_LOCK_S)
    return replace(after, locked_until_ns=now_ns + seconds * NS_PER_S)
