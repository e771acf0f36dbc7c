"""What `doctrine --stock` answers: rules over a sweep of the stock, and the rounds they save at equal leakage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from opendome.base.errors import CommandError
from opendome.cli.progress import ProgressLine
from opendome.cli.screen import interval_text, note, number_text, print_json, print_table, say

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from opendome.scenario.scenario import Scenario
    from opendome.study.equal_leakage import Saved
    from opendome.study.record import Study

__all__ = ["answer_stock", "read_factors", "scaled_depot"]

_RULES = ("earliest", "greedy", "price")
_LOSSES = ("leaked_built_up", "people_exposed")
_FIRED = "interceptors_fired"
_AS_IS = "as-is"
_BEYOND = "beyond the sweep"


def answer_stock(
    scenario: Scenario, text: str, replications: int, seed: int, out: Path | None, *, as_json: bool
) -> None:
    """Run every rule at every stock on the same raids, and print what the others save beside the first."""
    factors = read_factors(text)
    depots = [scaled_depot(scenario, factor) for factor in factors]
    stock = [sum_of_rounds(depot) for depot in depots]
    if len(set(stock)) < len(stock):
        raise CommandError(
            f"--stock {text}: stocks of {', '.join(map(str, stock))} rounds are not all different; write factors "
            "further apart, or give the scenario more rounds with --set depot.rounds=..."
        )
    done, names = _run(scenario, depots, stock, replications, seed, out)
    means, saved = _rows(done, names, factors, stock, seed)
    if as_json:
        print_json({"stock": [_scale(*pair) for pair in zip(factors, stock)], "means": means, "saved": saved})
        return
    _print(scenario.name, replications, seed, means, saved)
    if out is not None:
        say(f"\nstudy in {out}; next: opendome report {out}")


def read_factors(text: str) -> list[float]:
    """Read factors parted by commas; give them rising.

    Raises
    ------
    CommandError
        What is no positive number, is said twice, or is said alone: all of it in one message.
    """
    words = [word.strip() for word in text.split(",")]
    factors, wrong = [], []
    for word in words:
        try:
            factor = float(word)
        except ValueError:
            factor = math.nan
        if not (math.isfinite(factor) and factor > 0.0):
            wrong.append(f"{word!r} is no number above 0")
        elif factor in factors:
            wrong.append(f"{word!r} is said twice")
        else:
            factors.append(factor)
    if len(words) < 2:
        wrong.append("a sweep needs two factors or more")
    if wrong:
        raise CommandError(f"--stock {text!r}: {'; '.join(wrong)}; write for example --stock 0.25,0.5,1")
    return sorted(factors)


def scaled_depot(scenario: Scenario, factor: float) -> dict[str, Any]:
    """Changes that scale the depot's rounds and those of every delivery, to the nearest round, and nothing else."""
    depot = scenario.data["depot"]
    return {
        "depot.rounds": round(factor * depot["rounds"]),
        "depot.resupply": [{**lot, "rounds": round(factor * lot["rounds"])} for lot in depot["resupply"]],
    }


def sum_of_rounds(depot: dict[str, Any]) -> int:
    """Rounds in the depot at the start and in all deliveries, whether or not they get through."""
    return int(depot["depot.rounds"] + sum(lot["rounds"] for lot in depot["depot.resupply"]))


def _run(
    scenario: Scenario,
    depots: list[dict[str, Any]],
    stock: list[int],
    replications: int,
    seed: int,
    out: Path | None,
) -> tuple[Study, dict[str, list[str]]]:
    """Run one study of all rules at all stocks; also the names of each rule's alternatives by stock."""
    from opendome.study.runner import study

    names = {rule: [f"{rule}-{rounds}" for rounds in stock] for rule in _RULES}
    changes = {name: {"doctrine.policy": rule, **depot} for rule in _RULES for name, depot in zip(names[rule], depots)}
    first = names[_RULES[0]][0]
    asked = scenario.rebased(
        {
            **changes.pop(first),
            "question": "How many rounds does a rule save at equal leakage?",
            "alternatives": changes,
            "study.baseline": _AS_IS,
            "study.labels": {_AS_IS: first},
        }
    )
    names[_RULES[0]][0] = _AS_IS
    with ProgressLine(asked.model.study.headline) as line:
        done = study(asked, replications=replications, seed=seed, extras=False, out=out, progress=line)
    return done, names


def _rows(
    done: Study, names: dict[str, list[str]], factors: list[float], stock: list[int], seed: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Means of every rule at every stock, and rounds saved by the others."""
    import numpy as np

    from opendome.study.equal_leakage import rounds_saved

    values = {measure: _values(done, names, measure) for measure in (*_LOSSES, _FIRED)}
    first, *others = _RULES
    means, saved = [], []
    estimates = {(row["alternative"], row["measure"]): row for row in done.estimates(tuple(values)).to_pylist()}
    for rule in _RULES:
        for pair, name in zip(zip(factors, stock), names[rule]):
            for measure in values:
                row = estimates[name, measure]
                numbers = {key: row[key] for key in ("value", "low", "high", "n")}
                means.append({"rule": rule, **_scale(*pair), "measure": measure, **numbers})
    for rule in others:
        for loss in _LOSSES:
            reference, other = ((values[loss][side], values[_FIRED][side]) for side in (first, rule))
            gains = rounds_saved(np.array(stock), reference, other, seed)
            for what, found in zip(("stock", "fired"), gains):
                for i, pair in enumerate(zip(factors, stock)):
                    head = {"rule": rule, "less": first, **_scale(*pair), "measure": loss, "rounds": what}
                    saved.append({**head, **_read_off(found, i), "n": done.replications})
    return means, saved


def _values(done: Study, names: dict[str, list[str]], measure: str) -> dict[str, np.ndarray]:
    """By rule: a measure of each replication, (n_stocks, n)."""
    import numpy as np
    import pyarrow.compute as pc

    table = done.table("replications").sort_by("replication")
    parts = {name: table.filter(pc.equal(table["alternative"], name))[measure].to_numpy() for name in done.alternatives}
    return {rule: np.array([parts[name] for name in its], dtype=float) for rule, its in names.items()}


def _scale(factor: float, rounds: int) -> dict[str, Any]:
    return {"factor": factor, "stock_rounds": rounds}


def _read_off(found: Saved, i: int) -> dict[str, Any]:
    """One stock's value and interval; what is beyond the sweep is null, and ``beyond`` says on which side."""
    value, low, high = (float(side[i]) for side in found)
    beyond = "" if math.isfinite(value) else ("above" if value > 0.0 else "below")
    ends = {f"{end}_beyond": not math.isfinite(number) for end, number in (("low", low), ("high", high))}
    return {"value": value, "low": low, "high": high, "beyond": beyond, **ends}


def _saved_text(row: dict[str, Any]) -> str:
    """Write rounds saved with the interval; ends that are beyond the sweep in words."""
    if not math.isfinite(row["value"]):
        return f"{_BEYOND}, {row['beyond']}"
    if math.isfinite(row["low"]) and math.isfinite(row["high"]):
        return interval_text(row["value"], row["low"], row["high"], sign=True)
    low, high = (number_text(row[end]) if math.isfinite(row[end]) else "beyond" for end in ("low", "high"))
    return f"{'+' if row['value'] > 0 else ''}{number_text(row['value'])} ({low} to {high})"


def _print(
    scenario: str, replications: int, seed: int, means: list[dict[str, Any]], saved: list[dict[str, Any]]
) -> None:
    say(f"{scenario}: {replications} raids at every stock, seed {seed}, 95 % intervals")
    say("Stock: rounds in the depot at the start and of all deliveries; both are scaled, nothing else is.")
    stocks = list(dict.fromkeys((row["factor"], row["stock_rounds"]) for row in means))
    for measure in dict.fromkeys(row["measure"] for row in means):
        say(f"\n{measure}")
        told = {
            (row["rule"], row["stock_rounds"]): interval_text(row["value"], row["low"], row["high"])
            for row in means
            if row["measure"] == measure
        }
        print_table(
            ("factor", "stock", *_RULES),
            [(f, rounds, *(told[rule, rounds] for rule in _RULES)) for f, rounds in stocks],
        )
    for measure in _LOSSES:
        say(f"\nRounds saved beside {_RULES[0]} at equal {measure}")
        cells = {
            (row["rule"], row["rounds"], row["stock_rounds"]): _saved_text(row)
            for row in saved
            if row["measure"] == measure
        }
        columns = [(rule, what) for rule in _RULES[1:] for what in ("stock", "fired")]
        print_table(
            ("factor", "stock", *(f"{rule}: {what}" for rule, what in columns)),
            [(f, rounds, *(cells[rule, what, rounds] for rule, what in columns)) for f, rounds in stocks],
        )
    note(
        f"\n{_BEYOND.capitalize()}, above: {_RULES[0]} would need more than the largest stock; below: it loses less "
        "even with the smallest. Nothing is extrapolated."
    )
