"""Design tokens: every colour of the report, light and dark, as CSS custom properties, and the contrast between them.

Fills are the colour-blind safe tones of Okabe and Ito (2008); words need the darker (in the dark: lighter) tone of the
same family, so each family has a mark and a text token. Contrast is the ratio of WCAG 2.2, relative luminance by sRGB.
"""

from __future__ import annotations

__all__ = ["DARK", "LEAK_SHADES", "LIGHT", "TEXT_PAIRS", "contrast", "heat_step", "stylesheet", "with_heat"]

LEAK_SHADES = 5
_N_HEAT = 20
_BLACK, _WHITE = "#0e1012", "#ffffff"

LIGHT: dict[str, str] = {
    "ground": "#fbfaf8",
    "panel": "#f3f1ed",
    "ink": "#1b1d20",
    "muted": "#5a5f66",
    "line": "#d8d7d3",
    "line-strong": "#8b8f94",
    "intercepted": "#0072b2",
    "intercepted-text": "#005f95",
    "on-intercepted": _WHITE,
    "leaked": "#d55e00",
    "leaked-text": "#a04000",
    "leaked-1": "#d55e00",
    "leaked-2": "#e38a45",
    "leaked-3": "#eeb382",
    "leaked-4": "#f6d9bf",
    "leaked-5": "#f8ebe0",
    "on-leaked-1": _BLACK,
    "on-leaked-2": _BLACK,
    "on-leaked-3": _BLACK,
    "on-leaked-4": _BLACK,
    "on-leaked-5": _BLACK,
    "needless": "#cc79a7",
    "needless-text": "#8d3d6b",
    "on-needless": _BLACK,
    "alert": "#e69f00",
    "alert-text": "#7a5300",
    "sheltered": "#009e73",
    "sheltered-text": "#00694c",
    "open": "#999999",
    "on-open": _BLACK,
    "failed": "#cccccc",
    "on-failed": _BLACK,
    "sea": "#9dc3e6",
    "on-sea": _BLACK,
    "band-90": "#e3e2df",
    "band-50": "#c4c5c6",
    "dot": "#a9acb0",
    "chosen": "#2c3036",
    "heat-0": "#f4f3f0",
    "heat-1": "#3a4048",
    "land": "#f1efe9",
    "built": "#dfdcd3",
    "water": "#e2eaef",
    "coast": "#a9b6be",
}

DARK: dict[str, str] = {
    "ground": "#14171a",
    "panel": "#1b1f23",
    "ink": "#e9e7e2",
    "muted": "#a6abb0",
    "line": "#30353a",
    "line-strong": "#767c82",
    "intercepted": "#2f8fcb",
    "intercepted-text": "#6db9ea",
    "on-intercepted": _BLACK,
    "leaked": "#e0701a",
    "leaked-text": "#f59a55",
    "leaked-1": "#e0701a",
    "leaked-2": "#c4682a",
    "leaked-3": "#8b4d20",
    "leaked-4": "#5f3a20",
    "leaked-5": "#42301f",
    "on-leaked-1": _BLACK,
    "on-leaked-2": _BLACK,
    "on-leaked-3": _WHITE,
    "on-leaked-4": _WHITE,
    "on-leaked-5": _WHITE,
    "needless": "#cc79a7",
    "needless-text": "#dd9cc0",
    "on-needless": _BLACK,
    "alert": "#e69f00",
    "alert-text": "#f0b944",
    "sheltered": "#12a77e",
    "sheltered-text": "#4fc9a4",
    "open": "#7d8287",
    "on-open": _BLACK,
    "failed": "#4b5056",
    "on-failed": _WHITE,
    "sea": "#5f87ab",
    "on-sea": _BLACK,
    "band-90": "#252a2f",
    "band-50": "#444b52",
    "dot": "#62686f",
    "chosen": "#e9e7e2",
    "heat-0": "#1c2024",
    "heat-1": "#aab0b5",
    "land": "#202427",
    "built": "#31363a",
    "water": "#15202a",
    "coast": "#4a5a66",
}

TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    *((text, ground) for text in ("ink", "muted") for ground in ("ground", "panel", "land", "water")),
    *((f"{family}-text", "ground") for family in ("intercepted", "leaked", "needless", "alert", "sheltered")),
    ("leaked-text", "land"),
    ("leaked-text", "water"),
    ("ink", "built"),
    ("leaked-text", "built"),
    ("muted", "band-90"),
    ("ink", "band-50"),
    *((f"on-{name}", name) for name in ("intercepted", "needless", "open", "failed", "sea")),
    *((f"on-leaked-{i}", f"leaked-{i}") for i in range(1, LEAK_SHADES + 1)),
    *((f"on-heat-step-{i}", f"heat-step-{i}") for i in range(_N_HEAT + 1)),
)
"""(text token, ground token) for every pair in which words are set; each must reach 4.5 to 1 in both themes."""


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255.0 for v in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio (1 to 21) of two colours written as #rrggbb, by WCAG 2.2.

    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def heat_step(share: float) -> int:
    """Give the step (0 to 20) of the heat scale for a share in [0, 1]."""
    return min(_N_HEAT, max(0, round(share * _N_HEAT)))


def with_heat(theme: dict[str, str]) -> dict[str, str]:
    """Give the theme with the steps of its heat scale and the text colour that reads best on each."""
    low, high = _channels(theme["heat-0"]), _channels(theme["heat-1"])
    out = dict(theme)
    for step in range(_N_HEAT + 1):
        part = step / _N_HEAT
        fill = "#" + "".join(f"{round(a + part * (b - a)):02x}" for a, b in zip(low, high))
        out[f"heat-step-{step}"] = fill
        out[f"on-heat-step-{step}"] = max((_BLACK, _WHITE), key=lambda text: contrast(text, fill))
    return out


def stylesheet() -> str:
    """Give the tokens as CSS: light by default and in print, dark where the reader's screen asks for it."""

    def block(theme: dict[str, str], scheme: str) -> str:
        body = "".join(f"--{name}:{colour};" for name, colour in with_heat(theme).items())
        return f":root{{color-scheme:{scheme};{body}}}"

    paper = "@media print{:root{--ground:#ffffff}}"
    dark = f"@media screen and (prefers-color-scheme:dark){{{block(DARK, 'dark')}}}"
    return f"{block(LIGHT, 'light')}\n{paper}\n{dark}\n"
