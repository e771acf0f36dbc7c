"""The verb fit-picture: run a scenario's raids through radars and tracker, and write curves through their errors."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.base.errors import CommandError
from opendome.cli.options import Alternative, AsJson, ScenarioFile, Seed, Settings, load_scenario
from opendome.cli.screen import note, number_text, print_json, print_table, say

if TYPE_CHECKING:
    from opendome.picture.fitted import FittedCurves
    from opendome.scenario.scenario import Scenario
    from opendome.tracking.consistency import Rate

__all__ = ["VERBS"]

_SHOWN_AGES_S = (3.0, 8.0, 18.0, 40.0)
_MOST_REPLICATIONS = 10_000
_MOST_QUIET_H = 10_000.0


class _Bars:
    """A bar for each step of the work, with the time left; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._bars: Any = None

    def __enter__(self) -> _Bars:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._bars = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
                TimeRemainingColumn(compact=True),
                console=Console(file=sys.stderr),
                transient=True,
            )
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def step(self, text: str, total: float) -> Callable[[float, float], None] | None:
        """Open a bar; what is given takes (done, total)."""
        if self._bars is None:
            return None
        task = self._bars.add_task(text, total=total)

        def take(done: float, total: float) -> None:
            self._bars.update(task, completed=done, total=total)

        return take


def fit_picture(
    file: ScenarioFile,
    replications: Annotated[int, typer.Option("--replications", help="Raids to run through radars and tracker.")] = 4,
    seed: Seed = None,
    quiet_h: Annotated[
        float, typer.Option("--quiet-h", metavar="HOURS", help="Hours without a raid, to count false tracks in.")
    ] = 2.0,
    alternative: Alternative = None,
    settings: Settings = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="File of curves; by default NAME.curves.yaml beside the scenario."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fit the statistical picture to simulated radars and the tracker.

    Runs raids through the tracked picture, draws curves through its errors, and writes them to a file that
    `picture.curves` may name. The study is then as quick as ever.

    \b
    Example:
      opendome fit-picture coastland --replications 8 --out coastland.curves.yaml
    """
    _check(replications, quiet_h)
    scenario = load_scenario(file, settings, alternative)
    path = _default_path(scenario, Path(file)) if out is None else out
    if path.is_dir():
        raise CommandError(f"--out {path} is a folder; write the name of a file, such as {path}/curves.yaml")
    seed = scenario.model.study.seed if seed is None else seed
    if not 0 <= seed < 2**63:
        raise CommandError(f"--seed must be a whole number from 0 to 2^63 - 1, not {seed}")
    try:
        curves, rate = _fit(scenario, seed, replications, quiet_h)
    except KeyboardInterrupt:
        kept = f"{path} is as it was" if path.exists() else "nothing was written"
        note(f"\ninterrupted; {kept}")
        raise typer.Exit(130) from None
    from opendome.picture.fitted import write_curves

    write_curves(curves, path)
    if as_json:
        found: dict[str, Any] = {"file": str(path), **curves.model_dump(mode="json")}
        found["false_tracks_per_h_at_most"] = None if rate is None else rate.high_per_h
        print_json(found)
        return
    _print_curves(curves, rate)
    _print_advice(scenario, path, curves)


def _check(replications: int, quiet_h: float) -> None:
    """Refuse what cannot be run."""
    if not 1 <= replications <= _MOST_REPLICATIONS:
        raise CommandError(f"--replications must be from 1 to {_MOST_REPLICATIONS:,}, not {replications}")
    if not 0.0 <= quiet_h <= _MOST_QUIET_H:
        raise CommandError(f"--quiet-h must be from 0 to {_MOST_QUIET_H:,.0f} hours, not {quiet_h:g}")


def _default_path(scenario: Scenario, file: Path) -> Path:
    """Beside the scenario's file; in the current folder for an example named by its name."""
    folder = file.parent if file.is_file() else Path()
    return folder / f"{scenario.name}.curves.yaml"


def _fit(scenario: Scenario, seed: int, replications: int, quiet_h: float) -> tuple[FittedCurves, Rate | None]:
    """Simulate and fit; the rate of false tracks with its limits, None without quiet hours."""
    from opendome.picture.fit import fit_curves, gather
    from opendome.picture.silence import count_false_tracks
    from opendome.scenario.compile import class_names, compile_world
    from opendome.scenario.world import TrackedWorld
    from opendome.tracking.consistency import poisson_rate

    plain = {"picture.kind": "tracked", "picture.curves": None, "picture.false_tracks_per_h": 0.0}
    world = compile_world(scenario.override(plain))
    if not isinstance(world, TrackedWorld):
        raise CommandError("the scenario has no tracked picture to fit to")
    if len(world.tracked.radars) == 0:
        raise CommandError("the scenario has no radar; give a battery one (has_radar: true), or add to `sensors`")
    raid, picture = world.world.raid, world.world.picture
    with _Bars() as bars:
        days = bars.step("days of raid", replications * world.world.n_days)
        sample = gather(picture, world.tracked, raid, seed, replications, days)
        false_tracks, rate = 0, None
        if quiet_h > 0.0:
            false_tracks = count_false_tracks(world.tracked, seed, quiet_h, bars.step("quiet hours", quiet_h))
            rate = poisson_rate(false_tracks, 3600.0 * quiet_h)
    names = class_names(scenario.model.threats)
    return fit_curves(sample, names, scenario.name, seed, replications, false_tracks, quiet_h), rate


def _print_curves(curves: FittedCurves, rate: Rate | None) -> None:
    """What was fitted, and how well it stands for what was simulated."""
    say(f"{curves.scenario}, seed {curves.seed}: {curves.n_assessments:,} assessments of {curves.n_tracks:,} rockets")
    say("\nError of the predicted impact, root of the variances' sum [m], by range and track age")
    columns = [k for k, age_s in enumerate(curves.age_s) if age_s in _SHOWN_AGES_S]
    print_table(
        ("range", *(f"{curves.age_s[k]:g} s" for k in columns)),
        [
            (f"{range_km:g} km", *(row[k] for k in columns))
            for range_km, row in zip(curves.range_km, curves.rms_m, strict=True)
        ],
    )
    say()
    most = "" if rate is None else f"at most {rate.high_per_h:.3g} (95 %, {curves.quiet_h:g} quiet h)"
    residuals = curves.residuals
    rows = [
        ("first plot after coming into view", curves.first_plot_s, "s", ""),
        ("confirmation after the first plot", curves.confirm_delay_s, "s", ""),
        *((f"never confirmed, {name}", p, "", "") for name, p in curves.p_missed.items()),
        ("shared by the rockets of a salvo", curves.shared_frac, "", "share of the variance"),
        ("true error over stated, most tracks", curves.true_over_stated, "", "when a first decision is due"),
        ("tracks that stray", curves.stray_frac, "", f"their true errors are {curves.stray_scale:g} times larger"),
        ("false tracks", curves.false_tracks_per_h, "1/h", most),
        ("scatter round the curves", residuals.log_rms, "", "of the logarithm; 0.1 is about 10 %"),
        ("true error squared over stated", residuals.normalised_square, "", "1: the stated errors are honest"),
        ("impacts inside the 95 % ellipse", residuals.inside_95_frac, "", "0.95: likewise"),
    ]
    print_table(("fitted", "value", "unit", "remark"), [(a, number_text(b), c, d) for a, b, c, d in rows])


def _print_advice(scenario: Scenario, path: Path, curves: FittedCurves) -> None:
    """What to write in the scenario."""
    is_beside = path.resolve().parent == scenario.folder.resolve()
    name = path.name if is_beside else str(path.resolve())
    say(f"\nwrote {path}. Write in the scenario, or with --set picture.curves={name} behind a command:")
    say("\npicture:")
    say(f"  curves: {name}")
    if curves.false_tracks_per_h > 0.0:
        say(f"  false_tracks_per_h: {curves.false_tracks_per_h:g}  # drawn by the tracked picture alone")


VERBS: dict[str, Callable[..., None]] = {"fit-picture": fit_picture}
"""Verbs of this file by name."""
