"""The measured table of the page on the validity of tracking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["write_tables"]

PAGE = Path(__file__).parents[1] / "validity" / "tracking.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SHOWN_AGES_S = (6.0, 10.0, 20.0, 30.0, 45.0, 60.0, 80.0, 100.0, 130.0, None)


def _age(age_s: float | None) -> str:
    return "2 s to go" if age_s is None else f"{age_s:.0f}"


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    """Rows of the table: class, age, then what the errors do, then what is lost without them."""
    found = {(row["case"], row["filter"], row["class_km"], row["age_s"]): row for row in rows}
    lines = [
        "| range km | age s | RMS m | inside 95 % | NEES/2 | plain: RMS m | plain: inside | "
        "no errors: RMS m | over bound | over plain | inside |",
        "|" + "---|" * 11,
    ]
    for class_km in sorted({row["class_km"] for row in rows}):
        for age_s in SHOWN_AGES_S:
            keys = [(case, name, class_km, age_s) for case in ("mismatch", "matched") for name in ("whole", "plain")]
            if not all(key in found for key in keys):
                continue
            whole, plain, calm, calm_plain = (found[key] for key in keys)
            numbers = (
                f"{whole['rms_m']:.0f}",
                f"{whole['inside_frac']:.3f}",
                f"{whole['nees']:.2f}",
                f"{plain['rms_m']:.0f}",
                f"{plain['inside_frac']:.3f}",
                f"{calm['rms_m']:.0f}",
                f"{calm['rms_m'] / calm['bound_m']:.2f}",
                f"{calm['rms_m'] / calm_plain['rms_m']:.2f}",
                f"{calm['inside_frac']:.3f}",
            )
            lines.append(f"| {class_km} | {_age(age_s)} | " + " | ".join(numbers) + " |")
    return lines


def _words(rows: list[dict[str, Any]]) -> str:
    """What the whole of the measurement comes to, in a sentence or two."""
    whole = [row for row in rows if row["filter"] == "whole" and row["case"] == "mismatch"]
    plain = [row for row in rows if row["filter"] == "plain" and row["case"] == "mismatch"]
    least, most = min(row["inside_frac"] for row in whole), max(row["inside_frac"] for row in whole)
    where = next(row for row in whole if row["inside_frac"] == least)
    low, high = min(row["inside_frac"] for row in plain), max(row["inside_frac"] for row in plain)
    return (
        f"{whole[0]['n_runs']} flights a class and case. Over all ages and classes the 95 % ellipse holds "
        f"{least:.3f} to {most:.3f} of the impacts (least: {where['class_km']} km at {_age(where['age_s'])} s); "
        f"the plain filter's holds {low:.3f} to {high:.3f}."
    )


def write_tables(rows: list[dict[str, Any]]) -> None:
    """Put the table between its two marks."""
    text = PAGE.read_text(encoding="utf-8")
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    body = "\n".join(["", "", _words(rows), "", *_lines(rows), ""])
    PAGE.write_text(text[:begin] + body + text[end:], encoding="utf-8")
