"""The program ``opendome``: its verbs, and what becomes of errors.

Exit codes: 0 done, 1 the scenario is wrong, 2 the command is wrong, 3 a run failed, 4 `validate`: a figure lies
outside, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from opendome.base.errors import CommandError, OpenDomeError, ScenarioError
from opendome.cli import (
    alerts_verb,
    calibrate_verb,
    cost_verb,
    decision_verb,
    doctrine_verb,
    machine_verbs,
    marginal_verb,
    picture_verbs,
    rebuild_verb,
    replay_verb,
    result_verbs,
    review_verb,
    run_verbs,
    scenario_verbs,
    sensitivity_verb,
    site_verb,
    supply_verb,
    sweep_verb,
    tradeoff_verb,
    train_verb,
    validate_verb,
)
from opendome.cli.screen import complain, leave_quietly

__all__ = ["VERBS", "app", "main"]

app = typer.Typer(
    name="opendome",
    help="Simulation and analysis of short-range rocket-and-drone defence. Analysis, education and training only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Begin with: opendome run coastland; then: opendome study coastland --out runs/coastland",
)
VERBS: dict[str, Callable[..., None]] = {
    **scenario_verbs.VERBS,
    **run_verbs.VERBS,
    **result_verbs.VERBS,
    **alerts_verb.VERBS,
    **decision_verb.VERBS,
    **doctrine_verb.VERBS,
    **sweep_verb.VERBS,
    **sensitivity_verb.VERBS,
    **site_verb.VERBS,
    **marginal_verb.VERBS,
    **calibrate_verb.VERBS,
    **cost_verb.VERBS,
    **rebuild_verb.VERBS,
    **replay_verb.VERBS,
    **review_verb.VERBS,
    **supply_verb.VERBS,
    **tradeoff_verb.VERBS,
    **picture_verbs.VERBS,
    **train_verb.VERBS,
    **machine_verbs.VERBS,
    **validate_verb.VERBS,
}
"""Every verb by name."""

for _name, _verb in VERBS.items():
    app.command(_name)(_verb)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from opendome import __version__

        typer.echo(f"opendome {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    pass


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave with its exit code; errors are one clear message on stderr."""
    try:
        app(args=arguments)
    except SystemExit:
        _flush()
        raise
    except OpenDomeError as error:
        complain(str(error))
        sys.exit(1 if isinstance(error, ScenarioError) else 2 if isinstance(error, CommandError) else 3)
    except OSError as error:
        complain(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))
        sys.exit(3)
    except Exception as error:
        if os.environ.get("OPENDOME_TRACEBACK"):
            raise
        complain(
            f"this is a fault of the program: {type(error).__name__}: {error}\n"
            "Please report it; with OPENDOME_TRACEBACK=1 in the environment the same command says where it happened."
        )
        sys.exit(3)


def _flush() -> None:
    """Write out what is left, unless nobody reads any more."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        leave_quietly()


if __name__ == "__main__":
    main()
