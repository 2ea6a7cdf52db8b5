"""The first administrator of a site: made once, with a password in a file of the owner's only."""

from __future__ import annotations

import os
from pathlib import Path

from hmi.records.accounts import AccountError, Accounts
from hmi.security.passwords import hashed, random_password

FIRST_NAME = "admin"
FIRST_FILE = "first-password.txt"


def first_administrator(accounts: Accounts, data: Path, now_ns: int) -> Path | None:
    """Make the account `admin` when a site has no accounts; the file with its password.

    The password must be changed at the first login. It is written nowhere else: logs are kept,
    copied and read by others.
    """
    if accounts.count():
        return None
    file = data / FIRST_FILE
    password = random_password()
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(f"name: {FIRST_NAME}\npassword: {password}\n")
    try:
        accounts.add(FIRST_NAME, hashed(password), {"*": "administrator"}, now_ns, must_change=True)
    except AccountError:  # another process was faster; its file was replaced by ours: start over
        file.unlink(missing_ok=True)
        return None
    return file


def forget_first_password(data: Path) -> None:
    """Remove the file once the password is no longer the first one."""
    (data / FIRST_FILE).unlink(missing_ok=True)
