"""Where messages go: a folder of files, a web hook, a mail server. Each hands the id on."""

from __future__ import annotations

import json
import os
import re
import smtplib
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from hashlib import blake2b
from pathlib import Path

from hmi.records.outbox import Waiting

PATIENCE_S = 10.0


class FileAdapter:
    """Writes each message once, as `<folder>/<id>.json`; a file that is there is left alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def send(self, message: Waiting) -> str:
        """The file's name, once the file is on disk as a whole."""
        name = re.sub(r"[^\w.-]+", "_", message.id)
        digest = blake2b(message.id.encode(), digest_size=4).hexdigest()
        path = self._folder / f"{name}-{digest}.json"
        if path.exists():
            return path.name
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump({"id": message.id, **message.content}, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        return path.name


class WebhookAdapter:
    """Posts each message as JSON with its id as `Idempotency-Key`."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is no http address")
        self._url = url
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(self, message: Waiting) -> str:
        """The answer's status; OSError for any that is not 2xx."""
        body = json.dumps({"id": message.id, **message.content}, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", "idempotency-key": message.id}
        request = urllib.request.Request(self._url, body, headers)  # noqa: S310 - checked above
        with self._opener.open(request, timeout=PATIENCE_S) as reply:
            return f"HTTP {reply.status}"


class SmtpAdapter:
    """Mails each message with an id that is the same whenever it is sent again."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        sender: str,
        to: str,
        connect: Callable[..., smtplib.SMTP] = smtplib.SMTP,
    ) -> None:
        self._place, self._sender, self._to, self._connect = (host, port), sender, to, connect

    def send(self, message: Waiting) -> str:
        """The message id the mail server took."""
        mail = EmailMessage()
        digest = blake2b(message.id.encode(), digest_size=12).hexdigest()
        mail["Message-ID"] = f"<{digest}@ringmain>"
        mail["From"], mail["To"] = self._sender, self._to
        content = message.content
        mail["Subject"] = f"{content.get('title_zh', '')} {content.get('title_en', '')}".strip()
        mail.set_content(f"{content.get('zh', '')}\n\n{content.get('en', '')}\n")
        with self._connect(*self._place, timeout=PATIENCE_S) as server:
            server.send_message(mail)
        return str(mail["Message-ID"])
