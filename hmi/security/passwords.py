"""Passwords: what is accepted, and their Argon2id hashes (RFC 9106)."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST = 10
LONGEST = 200
FEWEST_SIGNS = 5

_hasher = PasswordHasher()  # RFC 9106's low-memory profile: 64 MiB, 3 passes


def fault(password: str, name: str) -> str:
    """Why a password is not accepted, or nothing. Length counts; signs of a kind do not."""
    if len(password) < SHORTEST:
        return f"at least {SHORTEST} characters"
    if len(password) > LONGEST:
        return f"at most {LONGEST} characters"
    if len(set(password)) < FEWEST_SIGNS:
        return f"at least {FEWEST_SIGNS} different characters"
    if name.lower() in password.lower():
        return "a password without the name in it"
    return ""


def hashed(password: str) -> str:
    """The hash to store. Takes tens of milliseconds and 64 MiB on purpose."""
    return _hasher.hash(password)


def matches(stored: str, password: str) -> bool:
    """Whether a password is the one of a stored hash; False for a damaged hash too."""
    try:
        return _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Whether a hash was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(stored)


def random_password() -> str:
    """A first password: 96 random bits."""
    return secrets.token_urlsafe(12)


_decoy: list[str] = []


def decoy() -> str:
    """A hash nobody's password matches: an unknown name takes as long as a known one."""
    if not _decoy:
        _decoy.append(hashed(secrets.token_urlsafe(24)))
    return _decoy[0]
