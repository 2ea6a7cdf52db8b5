"""The command tree. Heavy libraries are imported inside the commands that need them."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated

import typer

from hmi.cli import output
from hmi.cli.advise import advise
from hmi.cli.alarms import alarms_app
from hmi.cli.comply import comply
from hmi.cli.crews import crew_app
from hmi.cli.demo import demo
from hmi.cli.history import backup, history_app, restore
from hmi.cli.indicators import indicators
from hmi.cli.outage import outage_app
from hmi.cli.outage_trucks import trucks
from hmi.cli.rules import rules_app
from hmi.cli.simulate import simulate
from hmi.cli.site import check, field, gateway, init, serve
from hmi.cli.users import audit_app, user_app
from hmi.cli.whatif import whatif_app
from network_models.problems import InputError

app = typer.Typer(
    name="ringmain",
    help="One control room for a city's water, gas and district-heat networks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo)
app.command()(init)
app.command()(check)
app.command()(serve)
app.command()(field)
app.command()(gateway)
app.command()(simulate)
app.command()(advise)
app.command()(indicators)
app.command()(comply)
app.add_typer(whatif_app, name="whatif")
app.add_typer(rules_app, name="rules")
outage_app.command()(trucks)
app.add_typer(outage_app, name="outage")
app.add_typer(crew_app, name="crew")
app.add_typer(alarms_app, name="alarms")
app.add_typer(history_app, name="history")
app.command()(backup)
app.command()(restore)
app.add_typer(user_app, name="user")
app.add_typer(audit_app, name="audit")


@app.command()
def warmup() -> None:
    """Compile the solvers into the cache, so that nothing waits for it later."""
    from hmi.warming import compile_solvers

    compile_solvers(lambda text: output.note(f"  {text}"))


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        output.say(f"ringmain {installed('ringmain')}")
        raise typer.Exit


def run() -> None:
    """Run the command line; every error ends in a clear message and its exit code."""
    as_json = "--json" in sys.argv[1:]
    try:
        if as_json:
            # Without typer's own words for a wrong command line.
            sys.exit(app(standalone_mode=False) or output.DONE)
        app()
    except InputError as error:
        output.report_problems(error.problems, as_json=as_json)
        sys.exit(output.BAD_INPUT)
    except (KeyboardInterrupt, BrokenPipeError, typer.Abort):
        # A closed pipe must not raise again when the interpreter flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(130)
    except Exception as error:
        if as_json and hasattr(error, "format_message"):
            _fail(error.format_message(), "see --help", as_json=True)
            sys.exit(output.BAD_INPUT)
        if _is_solve_error(error):
            _fail(str(error), "could not solve", as_json=as_json)
            sys.exit(output.NO_SOLUTION)
        traceback.print_exc(file=sys.stderr)
        _fail(f"{type(error).__name__}: {error}", "no internal error", as_json=as_json)
        sys.exit(output.INTERNAL)


def _is_solve_error(error: Exception) -> bool:
    """Without importing the solvers, which a failed command may not have needed."""
    module = sys.modules.get("hydraulics.errors")
    return module is not None and isinstance(error, module.SolveError)


def _fail(found: str, expected: str, *, as_json: bool) -> None:
    if as_json:
        problem = {"file": "", "line": None, "field": "", "found": found, "expected": expected}
        output.print_json({"schema": "ringmain/error/1", "problems": [problem]})
    else:
        output.note(f"{expected}: {found}")
