"""Where messages go: a folder of files, a web hook, a mail server. Each hands the id on."""

from __future__ import annotations

import hmac
import json
import os
import re
import smtplib
import ssl
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
    """Posts each message as JSON with its id as `Idempotency-Key`.

    With a `secret` the body's HMAC-SHA256 stands in `X-Ringmain-Signature`, so that the receiver
    knows who sent it.
    """

    def __init__(self, url: str, *, secret: str = "") -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is no http address")
        self._url = url
        self._secret = secret.encode()
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(self, message: Waiting) -> str:
        """The answer's status; OSError for any that is not 2xx."""
        body = json.dumps({"id": message.id, **message.content}, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", "idempotency-key": message.id}
        if self._secret:
            headers["x-ringmain-signature"] = hmac.new(self._secret, body, "sha256").hexdigest()
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
        starttls: bool = False,
        login: tuple[str, str] | None = None,
        connect: Callable[..., smtplib.SMTP] = smtplib.SMTP,
    ) -> None:
        """`login` (user, password) is only sent over TLS; ValueError where it would not be."""
        if login is not None and not starttls:
            raise ValueError("a password is sent over TLS only: set starttls")
        self._starttls, self._login = starttls, login
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
            if self._starttls:
                server.starttls(context=ssl.create_default_context())
            if self._login is not None:
                server.login(*self._login)
            server.send_message(mail)
        return str(mail["Message-ID"])
