"""Figures of numbers: detection by range, one flight with its ellipses, and how often ellipses hold the impact."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sheet import Axes, ellipse_points, new_sheet, save

from opendome.sensing import detection_probability, required_snr_db

__all__ = ["draw_detection", "draw_flight", "draw_honesty"]

_REFERENCE_KM, _REFERENCE_M2, _P_AT_RANGE = 100.0, 0.05, 0.9


def draw_detection() -> None:
    """Chance that one look detects, over range and kind of echo."""
    sheet = new_sheet(
        348,
        "An echo that fluctuates is missed nearer by and seen farther off",
        "Chance that one look detects: a radar set so that Swerling 1 has 0.9 for 0.05 m² at 100 km, one false alarm "
        "in a million cells.",
    )
    axes = Axes(sheet, (64.0, 106.0, 716.0, 298.0), (20.0, 220.0), (0.0, 1.0))
    axes.frame("range, km", "chance of detection in one look", y_ticks=(0, 0.25, 0.5, 0.75, 1.0))
    range_km = np.linspace(20.0, 220.0, 201)
    anchor_db = float(required_snr_db(_P_AT_RANGE))
    for rcs_m2, swerling, colour, dash, place_km, words, off in (
        (0.05, 0, "green", "", 143.0, "0.05 m², steady", (10, -8)),
        (0.05, 1, "blue", "", 106.0, "0.05 m², Swerling 1", (6, -6)),
        (0.01, 1, "orange", "", 84.0, "0.01 m², Swerling 1", (-12, 30)),
    ):
        snr_db = anchor_db + 10.0 * np.log10(rcs_m2 / _REFERENCE_M2) - 40.0 * np.log10(range_km / _REFERENCE_KM)
        chance = np.asarray(detection_probability(snr_db, swerling))
        axes.curve(range_km, chance, colour, dash=dash)
        x, y = axes.at(place_km, float(np.interp(place_km, range_km, chance)))
        anchor = "end" if off[0] < 0 else ""
        sheet.text(x + off[0], y + off[1], words, colour=colour, bold=True, anchor=anchor, halo="ground")
    x, y = axes.at(_REFERENCE_KM, _P_AT_RANGE)
    sheet.circle(x, y, 5, "none", "ink", 1.5)
    save(
        sheet,
        "picture-detection",
        "Three falling curves of detection probability over range; the steady echo's falls more steeply.",
    )


def draw_flight(flight: dict[str, Any]) -> None:
    """One flight from the side, and its predicted ellipses from above, at one scale along the ground."""
    path, plots, impact = np.array(flight["path"]), np.array(flight["plots"]), np.array(flight["impact"])
    ages = [f"{row[0]:.0f}" for row in flight["ellipses"]]
    sheet = new_sheet(
        474,
        "The ellipse shrinks to the impact as the plots come in",
        "One simulated rocket in a wind that the tracker does not know. Above: from the side, dots are plots, "
        f"one a second. Below: from overhead, 95 % ellipses of the impact {', '.join(ages)} s after the first plot.",
    )
    rings = []
    for row in flight["ellipses"]:
        ring = ellipse_points(np.array(row[1:3]), np.array([[row[3], row[4]], [row[4], row[5]]]))
        rings.append((row[0], np.column_stack([-ring[:, 1], ring[:, 0]]) / 1000.0))
    last_km = math.ceil(max(float(ring[:, 0].max()) for _, ring in rings))
    left, right, top, bottom = 52.0, 724.0, 112.0, 282.0
    side = Axes(sheet, (left, top, right, bottom), (0.0, last_km), (0.0, 1.1 * path[:, 2].max() / 1000.0))
    side.frame("", "height, km")
    side.curve(-path[:, 1] / 1000.0, np.maximum(path[:, 2], 0.0) / 1000.0, "line")
    for plot in plots:
        sheet.circle(*side.at(-plot[1] / 1000.0, max(plot[2], 0.0) / 1000.0), 2.0, "blue")
    half_km = 0.5 * last_km / (right - left) * 96.0
    above = Axes(sheet, (left, bottom + 50, right, bottom + 146), (0.0, last_km), (-half_km, half_km))
    above.frame("distance along the ground, km", "distance across, km", y_ticks=(-1.0, 0.0, 1.0))
    above.curve(-path[:, 1] / 1000.0, path[:, 0] / 1000.0, "line")
    for (age_s, ring), colour in zip(rings, ("rose", "orange", "green", "blue"), strict=False):
        points = [above.at(*point) for point in ring]
        sheet.path(points, stroke=colour, width=2, closed=True)
        x, y, anchor = *max(points), "end"
        x, y = x - 4, y + 4
        if age_s >= 20.0:
            ends = [min(points, key=lambda point: point[1]), max(points, key=lambda point: point[1])]
            (x, y), anchor = ends[int(age_s < 30.0)], "middle"
            y += 14 if age_s < 30.0 else -6
        sheet.text(x, y, f"{age_s:.0f} s", colour=colour, bold=True, anchor=anchor, halo="ground")
    for axes, y in ((side, 0.0), (above, impact[0] / 1000.0)):
        x, y = axes.at(-impact[1] / 1000.0, y)
        sheet.line(x - 5, y - 5, x + 5, y + 5, "ink", 2)
        sheet.line(x - 5, y + 5, x + 5, y - 5, "ink", 2)
    save(sheet, "picture-flight", "A flight's arc with plots above, nested ellipses that shrink to the impact below.")


def _panel(axes: Axes, rows: list[dict[str, Any]], value: str, colour: str, dash: str = "") -> tuple[float, float]:
    """One curve over the ages of a class; gives its last point."""
    there = [row for row in rows if row["age_s"] is not None]
    axes.curve([row["age_s"] for row in there], [row[value] for row in there], colour, dash=dash, dots=not dash)
    return there[-1]["age_s"], there[-1][value]


def draw_honesty(rows: list[dict[str, Any]]) -> None:
    """Share inside the 95 % ellipse by age of the track, whole filter against plain one, in four classes."""
    sheet = new_sheet(
        560,
        "Where air and drag are wrong, only the two-stage filter's ellipse stays true",
        f"True impacts inside the 95 % ellipse by age of the track, {rows[0]['n_runs']} flights in each class; "
        "wind, density and drag curve drawn anew for every flight. Band: 90 to 99 %.",
    )
    for i, class_km in enumerate((10, 20, 40, 70)):
        left, top = 58.0 + 362.0 * (i % 2), 122.0 + 222.0 * (i // 2)
        mine = [row for row in rows if row["class_km"] == class_km]
        last_s = max(row["age_s"] for row in mine if row["age_s"] is not None)
        axes = Axes(sheet, (left, top, left + 310.0, top + 150.0), (0.0, 10.0 * math.ceil(last_s / 10.0)), (0.0, 1.0))
        (x0, y0), (x1, y1) = axes.at(axes.x.low, 0.99), axes.at(axes.x.high, 0.90)
        sheet.rect(x0, y0, x1 - x0, y1 - y0, "band")
        axes.frame("age of the track, s" if i > 1 else "", f"range {class_km} km", y_ticks=(0, 0.25, 0.5, 0.75, 1.0))
        for name, colour in (("plain", "orange"), ("whole", "blue")):
            _panel(axes, [row for row in mine if row["filter"] == name], "inside_frac", colour)
        if i == 0:
            middle = [row for row in mine if row["age_s"] == 25.0]
            for row in middle:
                x, y = axes.at(25.0, row["inside_frac"])
                is_plain = row["filter"] == "plain"
                sheet.text(
                    x + (8 if is_plain else 0),
                    y + (-12 if is_plain else 22),
                    "plain filter" if is_plain else "two-stage filter",
                    colour="orange" if is_plain else "blue",
                    bold=True,
                    halo="ground",
                )
    save(
        sheet,
        "honest-coverage",
        "Four panels by range class: the two-stage filter holds about 95 % at every age, the "
        "plain filter falls to a few per cent.",
    )
