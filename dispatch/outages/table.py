"""The states of an outage and the only ways between them."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.outages.order import Role, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """`action` leads from any of `sources` to `target` (None: the state stays).

    Only `roles` may take it, and every gate named must be passed; see `gates`. `tells` are the
    audiences that get a message with it.
    """

    action: str
    sources: tuple[State, ...]
    target: State | None
    roles: tuple[Role, ...]
    gates: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()


_DESK: tuple[Role, ...] = ("dispatcher", "leader")
_PUBLIC = ("public", "hotline", "authority")

TRANSITIONS: tuple[Transition, ...] = (
    Transition(action="file", sources=("study",), target="requested", roles=("planner", *_DESK)),
    Transition(action="discard", sources=("study",), target="discarded", roles=("planner", *_DESK)),
    Transition(
        action="amend",
        sources=("study", "requested", "approved", "published"),
        target=None,
        roles=("planner", *_DESK),
        gates=("window",),
    ),
    Transition(
        action="authority-approval",
        sources=("requested", "approved", "published", "underway"),
        target=None,
        roles=("leader",),
        gates=("document",),
    ),
    Transition(
        action="approve",
        sources=("requested",),
        target="approved",
        roles=("leader",),
        gates=("four-eyes", "authority", "delivery-plan"),
    ),
    Transition(
        action="reject", sources=("requested", "approved"), target="rejected", roles=("leader",)
    ),
    Transition(
        action="publish",
        sources=("approved",),
        target="published",
        roles=_DESK,
        gates=("content", "authority", "delivery-plan", "lead-time", "season"),
        tells=_PUBLIC,
    ),
    Transition(
        action="cancel",
        sources=("requested", "approved", "published"),
        target="cancelled",
        roles=_DESK,
        tells=_PUBLIC,
    ),
    Transition(
        action="start",
        sources=("published",),
        target="underway",
        roles=("dispatcher", "crew"),
        gates=("announced-window", "authority"),
        tells=("hotline",),
    ),
    Transition(
        action="extend",
        sources=("underway", "restoring"),
        target=None,
        roles=_DESK,
        gates=("later-end", "content", "authority", "delivery-plan"),
        tells=_PUBLIC,
    ),
    Transition(
        action="record",
        sources=("underway", "restoring"),
        target=None,
        roles=("dispatcher", "crew"),
        gates=("fact",),
    ),
    Transition(
        action="work-done",
        sources=("underway",),
        target="restoring",
        roles=("dispatcher", "crew"),
    ),
    Transition(
        action="rework",
        sources=("restoring",),
        target="underway",
        roles=("dispatcher", "crew"),
    ),
    Transition(
        action="restore",
        sources=("restoring",),
        target="restored",
        roles=("dispatcher", "leader"),
        gates=("restoration", "night"),
        tells=_PUBLIC,
    ),
    Transition(action="close", sources=("restored",), target="closed", roles=_DESK),
    Transition(
        action="road-told",
        sources=("restoring", "restored", "closed"),
        target=None,
        roles=_DESK,
    ),
)
"""`correct` is no transition: it changes no state and is taken on the record, in any."""

AT_ONCE = frozenset({"publish", "extend", "cancel", "approve", "authority-approval"})
"""Steps that are taken when they are entered: nobody publishes yesterday."""

BY_ACTION = {transition.action: transition for transition in TRANSITIONS}

RESTORATION_FACTS: dict[str, tuple[str, ...]] = {
    "water": ("flushed", "sample-good", "pressure-verified"),
    "gas": ("users-notified", "leak-test"),
    "heat": ("filled", "vented"),
}
"""What must be on record before supply is restored; gas to homes also needs `safe`."""

RESIDENTIAL_GAS_FACT = "safe"
