"""The page of ``opendome site``: before and after side by side, and the tables behind the choice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opendome.cli.map_leaks import AreaLeaks, leak_breaks
from opendome.cli.map_page import STYLE, map_pair
from opendome.cli.screen import interval_text, number_text

if TYPE_CHECKING:
    from opendome.scenario.scenario import Scenario
    from opendome.study.record import Study
    from opendome.study.siting import Siting
    from opendome.study.siting_race import Race

__all__ = ["write_site_page"]

_WIDTH_PX = 600.0
_PAGE_STYLE = """
body{max-width:78rem;margin:1.5rem auto;padding:0 1.5rem}h1{font-size:1.5rem;line-height:1.25;margin:.2rem 0 .6rem}
h2{font-size:1.1rem;margin:1.6rem 0 .2rem}.answer{font-size:1.05rem;max-width:52rem}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:1.25rem}figure{margin:.6rem 0}figcaption{margin:0 0 .3rem}
svg{display:block;width:100%}@media (max-width:50rem){.pair{grid-template-columns:1fr}}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:.4rem 0;padding:0;list-style:none;font-size:.9rem}
.legend li{display:flex;align-items:center;gap:.4rem}.legend i{width:1.3rem;height:.85rem;display:inline-block}
.wide{overflow-x:auto}td,th{white-space:nowrap}.best td{font-weight:600}.note{max-width:52rem;font-size:.9rem}
.l0{background:var(--s0)}.l1{background:var(--s1)}.l2{background:var(--s2)}.l3{background:var(--s3)}
.l4{background:var(--built)}.disc{border-radius:50%;width:.95rem!important;height:.95rem!important}
.stands{border:1px solid var(--blue);background:color-mix(in srgb,var(--blue) 12%,transparent)}
.comes{border:2px solid var(--cover);background:color-mix(in srgb,var(--cover) 22%,transparent)}
"""


def write_site_page(
    path: Path,
    before: Scenario,
    after: Scenario,
    sitings: Sequence[Siting],
    found: Race,
    tested: Study,
    sentence: str,
) -> Path:
    """Write the page; give its path.

    Parameters
    ----------
    before, after : the scenario as it stands, and with the winning sites
    sitings, found, tested : what was raced, how, and the test of the winner on raids of its own
    sentence : str    the answer
    """
    winner = next(siting for siting in sitings if siting.name == found.winner)
    title = escape(before.data["title"] or before.name)
    leaks = [_leaks_by_area(tested, name) for name in ("as-is", winner.name)]
    breaks = leak_breaks(leaks[0])
    batteries = {battery.id: battery.name or battery.id for battery in after.model.batteries}
    marked = frozenset(batteries[site.battery_id] for site in winner.sites)
    layers = (AreaLeaks(leaks[0], breaks, frozenset()), AreaLeaks(leaks[1], breaks, marked))
    means = {row["alternative"]: row["value"] for row in tested.estimates(["leaked_built_up"]).to_pylist()}
    first, second = map_pair((before, after), layers, _WIDTH_PX)
    body = (
        f"<h1>{title}: where to put batteries</h1>\n<p class=answer>{escape(sentence)}</p>\n"
        f'<div class="pair"><figure><figcaption><b>Before</b>: {means["as-is"]:,.0f} leaks into built-up ground'
        " in a raid"
        f"</figcaption>{first}</figure>\n<figure><figcaption><b>After</b>, siting <b>{escape(winner.name)}</b>: "
        f"{means[winner.name]:,.0f}</figcaption>{second}</figure></div>\n{_legend(breaks)}"
        f"<h2>Sites of {escape(winner.name)}</h2>{_sites(winner)}"
        f"<h2>On {tested.replications:,} raids that the race did not see</h2>{_tested(tested, found)}"
        f"<h2>What was raced</h2>{_models(sitings, found)}<h2>The race</h2>{_looks(found)}"
        "<p class=note>Battery sites are notional. Analysis and education only. The models count a point of "
        "demand as covered where it lies in a footprint; the raids know nothing of that. Intervals are of the "
        "simulation alone, not of its inputs: those at 95 % where nothing else is said.</p>"
    )
    text = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{title}: sites</title><link rel="icon" href="data:,"><style>{STYLE}{_PAGE_STYLE}</style></head>\n'
        f"<body>{body}</body></html>\n"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _leaks_by_area(tested: Study, alternative: str) -> tuple[float, ...]:
    rows = tested.table("areas").to_pylist()
    return tuple(row["mean_leaks"] for row in rows if row["alternative"] == alternative)


def _legend(breaks: Sequence[float]) -> str:
    labels = [f"{breaks[0]:g} and more"]
    labels += [f"{low:g} to {high:g}" for high, low in pairwise(breaks)]
    labels.append(f"under {breaks[-1]:g}")
    items = "".join(f'<li><i class="l{i}"></i>{label}</li>' for i, label in enumerate(labels))
    return (
        f'<ul class="legend"><li>Leaks in an area in a raid:</li>{items}<li><i class="disc stands"></i>footprint of a '
        'battery</li><li><i class="disc comes"></i>of a battery that comes or moves</li>'
        "<li>dotted: launch areas, notional</li></ul>\n"
    )


def _table(columns: Sequence[str], rows: Iterable[tuple[Sequence[Any], bool]]) -> str:
    """A table from cells, and whether the row is the best."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join(
        f"<tr{' class=best' if is_best else ''}>"
        + "".join(f"<td>{escape(cell if isinstance(cell, str) else number_text(cell))}</td>" for cell in cells)
        + "</tr>"
        for cells, is_best in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>\n'


def _sites(winner: Siting) -> str:
    columns = ("Battery", "candidate", "latitude, deg", "longitude, deg", "launchers", "rounds loaded")
    rows = [
        (site.battery_id, site.candidate_id, f"{site.lat_deg:.3f}", f"{site.lon_deg:.3f}", site.launchers,
         site.loaded_rounds)
        for site in winner.sites
    ]  # fmt: skip
    return _table(columns, ((row, False) for row in rows))


def _tested(tested: Study, found: Race) -> str:
    means = {row["alternative"]: row for row in tested.estimates([found.measure]).to_pylist()}
    less = {row["alternative"]: row for row in tested.compare("greedy", [found.measure]).to_pylist()}
    rows = []
    for name in tested.alternatives:
        mean, other = means[name], less.get(name)
        cells = (
            name,
            interval_text(mean["value"], mean["low"], mean["high"]),
            "-" if other is None else interval_text(other["value"], other["low"], other["high"], sign=True),
        )
        rows.append((cells, name == found.winner))
    return _table(("Siting", found.measure, "less greedy coverage"), rows)


def _models(sitings: Sequence[Siting], found: Race) -> str:
    columns = ("Siting", "coverage", "backup", "leakage", "bound in its model", "gap", "covered in all")
    rows = []
    for siting in sitings:
        answer = siting.answer
        proof = ("-", "-") if answer is None else (f"{answer.bound:.1f}", f"{100 * answer.gap:.2g} %")
        values = (f"{siting.values[name]:.1f}" for name in ("coverage", "backup", "leakage"))
        cells = (siting.name, *values, *proof, f"{100 * siting.covered_frac:.1f} %")
        rows.append((cells, siting.name == found.winner))
    return _table(columns, rows)


def _looks(found: Race) -> str:
    rows = [
        (
            (
                look.siting,
                f"{look.look}",
                f"{look.mean.n}",
                interval_text(*look.mean[:3]),
                interval_text(*look.less_leader[:3], sign=True),
                "dropped" if look.is_dropped else "",
            ),
            False,
        )
        for look in found.looks
    ]
    confidence = f"{100 * found.confidence:.4g} %"
    columns = ("Siting", "look", "raids", f"{found.measure}, {confidence}", f"less the leader, {confidence}", "")
    return _table(columns, rows)
