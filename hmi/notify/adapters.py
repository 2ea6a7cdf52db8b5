"""The adapters of a site's channels, and one for short messages.

The SMS adapter speaks to any gateway that takes a JSON `POST` of `{"id", "to": [numbers], "text"}`
with `Authorization: Bearer KEY` and the id as `Idempotency-Key`; any 2xx answer is a receipt. A
gateway that speaks otherwise needs a few lines of translation in front of it.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping, Sequence

from hmi.desk.adapters import PATIENCE_S, SmtpAdapter, WebhookAdapter
from hmi.notify.config import Channel
from hmi.records.outbox import Adapter, Waiting

SMS_LONGEST = 280
"""Characters: four parts of a Chinese short message."""


class SmsAdapter:
    """Hands short messages to a gateway over HTTP."""

    def __init__(self, url: str, to: Sequence[str], key: str = "") -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is no http address")
        self._url, self._to, self._key = url, tuple(to), key
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(self, message: Waiting) -> str:
        """The gateway's status; OSError for any that is not 2xx."""
        content = message.content
        text = f"{content.get('zh', '')} {content.get('en', '')}".strip()
        if len(text) > SMS_LONGEST:
            text = text[: SMS_LONGEST - 1] + "…"
        body = json.dumps({"id": message.id, "to": self._to, "text": text}, ensure_ascii=False)
        headers = {"content-type": "application/json", "idempotency-key": message.id}
        if self._key:
            headers["authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(self._url, body.encode(), headers)  # noqa: S310 - checked
        with self._opener.open(request, timeout=PATIENCE_S) as reply:
            return f"HTTP {reply.status}"


def adapters_of(channels: Sequence[Channel]) -> Mapping[str, Adapter]:
    """An adapter for each channel, by its name."""
    return {channel.name: _adapter(channel) for channel in channels}


def _adapter(channel: Channel) -> Adapter:
    said = channel.settings
    if channel.kind == "smtp":
        return SmtpAdapter(
            said["host"],
            said["port"],
            sender=said["sender"],
            to=", ".join(said["to"]),
            starttls=said.get("starttls", True),
            login=(said["user"], channel.secret) if "user" in said else None,
        )
    if channel.kind == "webhook":
        return WebhookAdapter(said["url"], secret=channel.secret)
    return SmsAdapter(said["url"], said["to"], channel.secret)
