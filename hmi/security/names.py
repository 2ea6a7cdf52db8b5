"""Names of accounts, in the one form they are stored in."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def account_name(text: str) -> str:
    """A name as it is stored: composed, and the same in capitals and small letters."""
    return unicodedata.normalize("NFKC", text).casefold()


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\s:/]+$"),
    AfterValidator(account_name),
]
