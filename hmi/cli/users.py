"""`ringmain user`, `ringmain audit`: accounts and the audit trail, on the site's own machine.

Whoever can read the site's data folder is its administrator; the commands work while the room runs.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hmi.cli import output
from hmi.cli.checks import problem
from hmi.cli.records_of import records_of
from network_models.problems import InputError

if TYPE_CHECKING:
    from hmi.security.desk import SecurityDesk

user_app = typer.Typer(help="Accounts of a site.", no_args_is_help=True)
audit_app = typer.Typer(help="Who did what.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="The site folder.", show_default=False)]
Name = Annotated[str, typer.Argument(help="Name of the account.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Roles = Annotated[
    list[str],
    typer.Option(
        "--role", help="viewer, dispatcher, engineer, supervisor, administrator; or ROLE:UTILITY."
    ),
]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@user_app.command("add")
def add(
    folder: Folder,
    name: Name,
    role: Roles,
    password_stdin: FromStdin = False,
    as_json: Json = False,
) -> None:
    """Add an account; its password must be changed at the first login."""
    desk = _desk(folder)
    name = _name(name)
    grants = _grants(role)
    ask = {"name": name, "grants": grants, "hash": _new_hash(name, password_stdin)}
    _done(desk.add_user(ask | _by()), {"name": name, "grants": grants}, as_json, f"Added {name}.")


@user_app.command("change")
def change(
    folder: Folder,
    name: Name,
    role: Roles = [],  # noqa: B006  typer reads it, nobody changes it
    disable: Annotated[bool | None, typer.Option("--disable/--enable")] = None,
    unlock: Annotated[bool, typer.Option("--unlock", help="Forget failed logins.")] = False,
    as_json: Json = False,
) -> None:
    """Change roles, disable, enable or unlock an account; its sessions end."""
    desk = _desk(folder)
    who = {"name": _name(name)} | _by()
    answer: dict[str, Any] = {"problem": ""}
    if role or disable is not None:
        grants = _grants(role) if role else None
        answer = desk.change_user({**who, "grants": grants, "disabled": disable})
    if unlock and not answer["problem"]:
        answer = desk.unlock(who)
    _done(answer, {"name": who["name"]}, as_json, f"Changed {who['name']}.")


@user_app.command("password")
def password(
    folder: Folder, name: Name, password_stdin: FromStdin = False, as_json: Json = False
) -> None:
    """Set a first password, to be changed at the next login; unlocks, and ends the sessions."""
    desk = _desk(folder)
    name = _name(name)
    ask = {"name": name, "hash": _new_hash(name, password_stdin), "must_change": True}
    _done(desk.set_password(ask | _by()), {"name": name}, as_json, f"Set the password of {name}.")


@user_app.command("list")
def list_(folder: Folder, as_json: Json = False) -> None:
    """Every account with its roles."""
    rows = _desk(folder).accounts.list()
    if as_json:
        output.print_json({"schema": "ringmain/user-list/1", "users": rows})
        return
    for row in rows:
        roles = ", ".join(f"{role}:{scope}" for scope, role in row["grants"].items())
        output.say(f"{row['name']:<24} {roles}{'  (disabled)' if row['disabled'] else ''}")


@audit_app.command("verify")
def verify(
    folder: Folder,
    head: Annotated[str, typer.Option(help="A head noted before; it must still be there.")] = "",
    as_json: Json = False,
) -> None:
    """Check that no line of the trail was changed; exit code 1 if one was."""
    verdict = _desk(folder).audit.verify(head)
    if as_json:
        output.print_json(
            {
                "schema": "ringmain/audit-verify/1",
                "sound": verdict.sound,
                "entries": verdict.entries,
                "broken": list(verdict.broken),
                "head": verdict.head,
                "head_found": verdict.head_found,
            }
        )
    elif verdict.sound:
        output.say(f"{verdict.entries} entries, none changed. Head: {verdict.head}")
    else:
        for number in verdict.broken[:20]:
            output.say(f"entry {number} does not fit: it or the one before was changed")
        if not verdict.head_found:
            output.say("the noted head is not there: newer entries were removed or rewritten")
    if not verdict.sound:
        raise typer.Exit(output.VIOLATIONS)


@audit_app.command("list")
def entries(
    folder: Folder,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    as_json: Json = False,
) -> None:
    """The newest entries."""
    rows = _desk(folder).audit.entries(limit=limit)
    if as_json:
        output.print_json({"schema": "ringmain/audit-list/1", "entries": rows})
        return
    for row in rows:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(row["time_ns"] / 1e9))
        said = "".join(f" {key}={value}" for key, value in row["details"].items())
        output.say(f"{at} {row['user']} {row['action']} from {row['origin']}{said}")


def _desk(folder: Path) -> SecurityDesk:
    from hmi.records import Audit
    from hmi.security.desk import SecurityDesk
    from scada.bus_secret import make_secret, read_secret
    from scada.clock import SystemClock

    records, data, _ = records_of(folder)
    make_secret(data / "audit.key")
    trail = Audit(records, read_secret(data / "audit.key"))
    return SecurityDesk(records, trail, SystemClock())


def _by() -> dict[str, str]:
    import getpass

    return {"by": f"os:{getpass.getuser()}", "address": "cli"}


def _name(text: str) -> str:
    from pydantic import TypeAdapter, ValidationError

    from hmi.security.names import Name as Shape

    try:
        return str(TypeAdapter(Shape).validate_python(text))
    except ValidationError:
        expected = "1 to 60 characters without spaces, colons and slashes"
        raise InputError([problem("NAME", text, expected)]) from None


def _grants(texts: list[str]) -> dict[str, str]:
    from hmi.security.roles import read_grants

    try:
        return dict(read_grants(texts))
    except ValueError as error:
        raise InputError([problem("--role", ", ".join(texts), str(error))]) from None


def _new_hash(name: str, from_stdin: bool) -> str:
    from hmi.security.passwords import fault, hashed

    if from_stdin:
        text = typer.get_text_stream("stdin").readline().rstrip("\r\n")
    elif os.isatty(0):
        text = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    else:
        raise InputError([problem("password", "no terminal", "--password-stdin")])
    wrong = fault(text, name)
    if wrong:
        raise InputError([problem("password", f"{len(text)} characters", wrong)])
    return hashed(text)


def _done(answer: dict[str, Any], told: dict[str, Any], as_json: bool, words: str) -> None:
    if answer["problem"]:
        raise InputError([problem("NAME", str(told.get("name")), answer["problem"])])
    if as_json:
        output.print_json({"schema": "ringmain/user/1", **told})
    else:
        output.say(words)
