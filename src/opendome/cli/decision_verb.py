"""The verb explain-decision: what could be done about a track, what was done, and what it cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.base.errors import CommandError
from opendome.cli.options import AsJson, Folder
from opendome.cli.screen import fixed, note, print_json, print_table, say

if TYPE_CHECKING:
    from opendome.study.moments import Moment, Moments
    from opendome.study.single import Run

__all__ = ["VERBS"]

_COMPARED = ("leaked_built_up", "people_exposed", "interceptors_fired", "intercepted")
_COLUMNS = ("leaks", "people", "rounds", "kills")
"""The same, as the table of options calls them."""


def explain_decision(
    folder: Folder,
    track: Annotated[int, typer.Option("--track", metavar="ID", help="Track, as in the table `decisions`.")],
    at: Annotated[
        int | None, typer.Option("--at", metavar="N", help="Only the N-th decision about it, counted from 1.")
    ] = None,
    policies: Annotated[
        list[str] | None,
        typer.Option("--policy", metavar="NAME", help="What this policy would have done; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what could be done about a track, what was done, and what it cost.

    DIR is the folder of a run. The replication is played again to each decision about the track and on from there
    with every other choice, against the same raid and with the same luck.

    \b
    Example:
      opendome run coastland --out runs/one
      opendome explain-decision runs/one --track 0
    """
    from opendome.study.moments import moments_of
    from opendome.study.single import open_run

    done = open_run(folder)
    if (folder / "orders.parquet").is_file():
        raise CommandError(f"{folder} was played by a person; `opendome review {folder}` lists its decisive moments")
    story = _story(done, track)
    moments = moments_of(done.scenario, done.seed, done.replication, track)
    chosen = list(range(len(moments.found)))
    if at is not None:
        if not 1 <= at <= len(chosen):
            raise CommandError(f"--at {at}: there were {len(chosen)} decisions about track {track}")
        chosen = [at - 1]
    explained = [_explain(moments, moments.found[k], policies or []) for k in chosen]
    if as_json:
        print_json({"track": track, "looks": story, "decisions": explained})
        return
    _print_story(done, track, story)
    for k, one in zip(chosen, explained, strict=True):
        _print_moment(moments, moments.found[k], k + 1, one)
    if explained:
        note("\nLeaks to kills: what the whole replication comes to with that choice, the same raid and the same luck.")
    if not explained:
        say("\nNo policy was asked about it: each look ended for the reason above.")


def _story(done: Run, track: int) -> list[dict[str, Any]]:
    """Every look at the track, with its reason."""
    rows = [row for row in done.table("decisions").to_pylist() if row["track_id"] == track]
    if not rows:
        ids = sorted({row["track_id"] for row in done.table("decisions").to_pylist()})
        some = ", ".join(str(one) for one in ids[:5])
        raise CommandError(f"no look at a track {track} in this run; tracks that were looked at: {some}, ...")
    return rows


def _explain(moments: Moments, moment: Moment, policies: list[str]) -> dict[str, Any]:
    """One moment: options with values and what comes of each, and what other policies would take."""
    from opendome.doctrine import view
    from opendome.study.moments import choice_of

    price = float(max(moment.stock[view.SHADOW_PRICE_PEOPLE], 0.0))
    saved, net = moment.people_saved(), moment.net_people(price)
    options = []
    for i, row in enumerate(moment.options):
        options.append(
            {
                "option": i,
                "unit": moments.units[int(row[view.UNIT])],
                "rounds": int(row[view.N_ROUNDS]),
                "launch_in_s": row[view.T_LAUNCH_S] - moment.track[view.T_S],
                "intercept_in_s": row[view.T_INTERCEPT_S] - moment.track[view.T_S],
                "p_kill": row[view.P_KILL],
                "people_saved": saved[i],
                "net_people": net[i],
                "is_chosen": i == moment.choice,
                "then": _outcome(moments, moment, i),
            }
        )
    return {
        "t_s": moment.track[view.T_S],
        "p_hit": moment.track[view.P_HIT],
        "value_people": moment.track[view.VALUE_PEOPLE],
        "rounds_left": int(moment.stock[view.READY_ROUNDS] + moment.stock[view.DEPOT_ROUNDS]),
        "price_people": price,
        "cost_people": moment.cost_people(price),
        "options": options,
        "hold": {"is_chosen": moment.choice < 0, "then": _outcome(moments, moment, view.HOLD)},
        "policies": {name: choice_of(moment, name) for name in policies},
    }


def _outcome(moments: Moments, moment: Moment, choice: int) -> dict[str, float | None]:
    """What the replication comes to with that choice."""
    measures = moments.replay(moment.ordinal, choice).measures()
    return {name: measures[name] for name in _COMPARED}


def _print_story(done: Run, track: int, story: list[dict[str, Any]]) -> None:
    say(f"{done.scenario.name}, seed {done.seed}, replication {done.replication}, track {track}")
    say("\nEvery look at it")
    rows = [(fixed(row["t_s"], 1), row["reason"], row["p_any"], row["value_people"]) for row in story]
    print_table(("t_s", "reason", "p_hit", "value_people"), rows)


def _print_moment(moments: Moments, moment: Moment, number: int, one: dict[str, Any]) -> None:
    """Print one moment with its options and what comes of each."""
    say(
        f"\nDecision {number} at {fixed(one['t_s'], 1)} s: P(hit) {fixed(one['p_hit'], 2)}, "
        f"{fixed(one['value_people'], 3)} people at risk, {one['rounds_left']} rounds left, a round worth "
        f"{fixed(one['price_people'], 3)} people"
    )
    rows = []
    for row in one["options"]:
        name = f"{row['rounds']} x {row['unit']}"
        cells = (row["launch_in_s"], row["intercept_in_s"], row["p_kill"], row["people_saved"], row["net_people"])
        rows.append(("taken" if row["is_chosen"] else "", name, *cells, *row["then"].values()))
    hold = one["hold"]
    rows.append(("taken" if hold["is_chosen"] else "", "hold", None, None, None, 0.0, 0.0, *hold["then"].values()))
    print_table(
        ("", "option", "launch in s", "meets in s", "p_kill", "saves people", "net", *_COLUMNS),
        [tuple(float(cell) if isinstance(cell, float) else cell for cell in row) for row in rows],
    )
    say(f"The choice cost {fixed(one['cost_people'], 3)} people in expectation against the best line.")
    for name, choice in one["policies"].items():
        say(f"{name} would {'hold' if choice < 0 else 'take ' + rows[choice][1]}")


VERBS: dict[str, Callable[..., None]] = {"explain-decision": explain_decision}
"""Verbs of this file by name."""
