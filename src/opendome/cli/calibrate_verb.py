"""The verb calibrate: what published campaigns say about the uncertain inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.base.errors import CommandError
from opendome.cli.options import AsJson, Out
from opendome.cli.screen import interval_text, note, print_json, print_table, say

if TYPE_CHECKING:
    from opendome.study.calibrate import Calibration

__all__ = ["VERBS"]

CampaignsOption = Annotated[
    str | None,
    typer.Option("--campaigns", metavar="A,B", help="Campaigns to fit, as in 2012-11,2014-07; by default all."),
]
SweepsOption = Annotated[int, typer.Option("--sweeps", help="Sweeps of the sampler after those thrown away.")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Seed of every random number.")]

_R_HAT_LIMIT = 1.05


def calibrate(
    campaigns: CampaignsOption = None,
    sweeps: SweepsOption = 1200,
    seed: SeedOption = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Fit the uncertain inputs to published campaigns; say what was supposed, and what follows.

    Short falls, threatening share, success by the stated definition and rounds per interception, with a campaign
    effect of at least 0.5 logit. --out keeps tables, every draw, and `overrides.yaml`, a piece of a scenario.

    \b
    Example:
      opendome calibrate
      opendome calibrate --campaigns 2012-11,2018,2019-05,2021-05 --out runs/calibrated
    """
    from opendome.study.calibrate import calibrate as fit
    from opendome.study.calibrate_sampler import Settings

    if sweeps < 40:
        raise CommandError(f"--sweeps must be 40 or more, not {sweeps}")
    settings = Settings(warm_up=min(600, sweeps), sweeps=sweeps)
    settings = settings if seed is None else settings._replace(seed=seed)
    names = None if campaigns is None else [name.strip() for name in campaigns.split(",") if name.strip()]
    found = fit(names, settings, out=out)
    if as_json:
        print_json(_as_json(found))
        return
    _print(found)
    if out is not None:
        say(f"\ntables `calibration` and `calibration_draws`, and overrides.yaml, in {out}")
    else:
        note("\nNothing was kept; write --out DIR for tables and overrides.yaml.")


def _as_json(found: Calibration) -> dict[str, Any]:
    """Everything that was found, for programs."""
    return {
        "campaigns": list(found.campaigns),
        "settings": found.settings._asdict(),
        "r_hat": found.r_hat,
        "effective_size": found.effective_size,
        "calibration": found.table.to_pylist(),
        "overrides": {
            key: {"low": low, "median": middle, "high": high} for key, (low, middle, high) in found.overrides.items()
        },
    }


def _print(found: Calibration) -> None:
    """Print a new campaign beside what was supposed, then each campaign, then scenario keys."""
    from opendome.study.calibrate import NEW

    rows = found.table.to_pylist()
    say(f"Fitted to {len(found.campaigns)} campaigns: {', '.join(found.campaigns)}; 95 % intervals")
    new = [row for row in rows if row["campaign"] == NEW]
    say(f"\nThe next campaign of the same kind ({new[0]['n']:,} draws)")
    print_table(
        ("what", "supposed", "follows"),
        [
            (
                row["words"],
                interval_text(row["prior_median"], row["prior_low"], row["prior_high"]),
                interval_text(row["median"], row["low"], row["high"]),
            )
            for row in new
        ],
        indent="  ",
    )
    say("\nCampaign by campaign")
    shown = ("short", "threatening", "success", "success_c", "share_f")
    cells = {(row["campaign"], row["quantity"]): interval_text(row["median"], row["low"], row["high"]) for row in rows}
    lines = [(name, *(cells.get((name, what), "-") for what in shown)) for name in found.campaigns]
    print_table(("campaign", *shown), lines, indent="  ")
    say("\nScenario keys")
    print_table(
        ("key", "value"), [(key, interval_text(m, low, high)) for key, (low, m, high) in found.overrides.items()],
        indent="  ",
    )  # fmt: skip
    say(f"\nWalkers agree to R-hat {found.r_hat:.3f}; the least effective size is {found.effective_size:,.0f}.")
    if found.r_hat > _R_HAT_LIMIT:
        say(f"That is above {_R_HAT_LIMIT:g}: write a larger --sweeps before using these numbers.")


VERBS: dict[str, Callable[..., None]] = {"calibrate": calibrate}
"""Verbs of this file by name."""
