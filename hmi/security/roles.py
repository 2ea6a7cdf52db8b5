"""Roles and what each may do, by utility. Pure.

A person's grants are a role for each utility, or one for all (`*`). Looking is for every role and
for the whole room, because the networks touch each other; acting is for the granted utility.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["viewer", "dispatcher", "engineer", "supervisor", "administrator"]
Action = Literal[
    "view",
    "acknowledge",
    "shelve",
    "command",
    "approve",
    "plan",
    "service",
    "configure",
    "audit",
    "users",
]

ROLES: tuple[Role, ...] = get_args(Role)
SCOPES = ("water", "gas", "heat", "*")
EVERYWHERE = "*"

_DISPATCHER: frozenset[Action] = frozenset({"view", "acknowledge", "shelve", "command", "plan"})
MAY: Mapping[Role, frozenset[Action]] = {
    "viewer": frozenset({"view"}),
    "dispatcher": _DISPATCHER,
    "engineer": _DISPATCHER | {"service", "configure"},
    "supervisor": _DISPATCHER | {"service", "approve", "audit"},
    "administrator": frozenset(get_args(Action)),
}
"""What each role may do. `service` takes alarms out of service, `approve` is the second person
of a command, `configure` changes points and limits."""

ROOM_WIDE: frozenset[Action] = frozenset({"audit", "users"})
"""Not of one utility: a role for all utilities is needed."""

Grants = Mapping[str, Role]
"""Role by utility; `*` stands for every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks: an account, or a token of one, or anybody in a lab.

    `must_change`: nothing but changing the password is open yet.
    """

    name: str
    grants: Grants
    kind: Literal["session", "token", "lab"] = "session"
    must_change: bool = False

    def may(self, action: Action, utility: str = "") -> bool:
        """Whether this identity may do it; `utility` "" is what belongs to no single one."""
        if self.must_change:
            return False
        if action in ROOM_WIDE:
            return self._at(EVERYWHERE, action)
        if not utility or action == "view":
            return any(action in MAY[role] for role in self.grants.values())
        return self._at(utility, action) or self._at(EVERYWHERE, action)

    def actions(self) -> dict[str, list[str]]:
        """What may be done, by scope: `*` and the utilities granted."""
        return {
            scope: sorted(a for a in MAY[role] if scope == EVERYWHERE or a not in ROOM_WIDE)
            for scope, role in self.grants.items()
        }

    def _at(self, scope: str, action: Action) -> bool:
        role = self.grants.get(scope)
        return role is not None and action in MAY[role]


LAB = Identity(name="lab", grants={EVERYWHERE: "administrator"}, kind="lab")
"""Everybody, where a site has switched its login off."""


def read_grants(texts: Mapping[str, str] | list[str]) -> dict[str, Role]:
    """Grants from `{"water": "dispatcher"}` or `["dispatcher:water", "engineer"]`.

    ValueError names the first part that is no role or no utility; a grant of nothing is refused.
    """
    pairs = (
        list(texts.items())
        if isinstance(texts, Mapping)
        else [_pair(text) for text in texts if text.strip()]
    )
    grants: dict[str, Role] = {}
    for scope, role in pairs:
        if scope not in SCOPES:
            raise ValueError(f"{scope!r} is no utility: one of {', '.join(SCOPES)}")
        if role not in ROLES:
            raise ValueError(f"{role!r} is no role: one of {', '.join(ROLES)}")
        grants[scope] = role
    if not grants:
        raise ValueError("no role: one of " + ", ".join(ROLES))
    return grants


def _pair(text: str) -> tuple[str, str]:
    role, _, scope = text.strip().partition(":")
    return scope or EVERYWHERE, role
