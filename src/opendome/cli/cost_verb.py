"""The verb cost: cost exchange in the definitions in use, side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from opendome.cli.options import AsJson, Folder
from opendome.cli.screen import interval_text, print_json, print_table, say

if TYPE_CHECKING:
    from opendome.study.record import Study

__all__ = ["VERBS"]


def cost(folder: Folder, as_json: AsJson = False) -> None:
    """Print the cost exchange of a study in the definitions in use, side by side, for every alternative.

    Below stands what the published replay of 2006 gives by the same arithmetic.

    \b
    Example:
      opendome cost runs/coastland
    """
    from opendome.study.cost import cost_rows
    from opendome.study.record import open_study

    done = open_study(folder)
    rows, bills = cost_rows(done), _bills()
    if as_json:
        print_json({"definitions": rows, "replay_2006": bills})
        return
    _print(done, rows)
    say("\nReplay of 2006, published as 55.9 million dollars:")
    for bill in bills:
        say(
            f"  {bill['rockets']:,.0f} rockets x {bill['rounds_each']:g} round(s) x {bill['price_kusd']:g} kUSD = "
            f"{bill['bill_kusd'] / 1000.0:.1f} million"
        )


def _bills() -> list[dict[str, float]]:
    """The replay of 2006 with one round and with two."""
    from opendome.catalogue.campaigns import campaign_figures
    from opendome.measures.cost_exchange import replayed_bill_kusd

    figures = campaign_figures()
    rockets, price_kusd = figures["replay_2006_rockets"].number, figures["replay_2006_round_price"].number
    return [
        {
            "rockets": rockets,
            "rounds_each": each,
            "price_kusd": price_kusd,
            "bill_kusd": replayed_bill_kusd(rockets, each, price_kusd),
        }
        for each in (1.0, 2.0)
    ]


def _print(done: Study, rows: list[dict[str, Any]]) -> None:
    shown = [done.manifest["baseline"], *done.manifest["main_alternatives"]]
    shown = [name for name in dict.fromkeys(shown) if name in done.alternatives]
    say(
        f"{done.replications:,} replications; {100 * done.manifest['confidence']:g} % intervals of the simulation, at "
        "the catalogue's prices\n"
    )
    lines: dict[str, list[str]] = {}
    for row in rows:
        if row["alternative"] in shown:
            name = row["definition"] + ("" if row["unit"] == "1" else f" [{row['unit']}]")
            lines.setdefault(name, []).append(interval_text(row["value"], row["low"], row["high"]))
    print_table(("definition", *shown), [(name, *cells) for name, cells in lines.items()])
    say()
    for meaning in dict.fromkeys(f"  {row['definition']}: {row['meaning']}" for row in rows):
        say(meaning)


VERBS: dict[str, Callable[..., None]] = {"cost": cost}
"""Verbs of this file by name."""
