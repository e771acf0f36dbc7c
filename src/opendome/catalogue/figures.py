"""What a figure of the catalogue is: a number with its unit, its range, its source and how far it is to be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from opendome.base.errors import CommandError

__all__ = ["ASSUMED", "CONFIDENCES", "FACTORS", "UNITS", "Figure", "System", "ThreatClass", "Value"]

Value = float | int | str | Mapping[str, float] | None

ASSUMED = ("assumed", "recalled, unverified")
"""The two confidences that mark a figure as an assumption of the project."""

CONFIDENCES = ("official", "stated by maker", "press", "analyst estimate", "derived", *ASSUMED)

UNITS = frozenset(
    [
        *(
            "launchers",
            "interceptors",
            "rounds",
            "engagements",
            "targets",
            "targets_per_minute",
            "interceptors_per_year",
        ),
        *("batteries", "battalions", "persons", "persons/km2", "events", "interceptions", "rockets", "zones"),
        "C-17 loads",
        *("km", "m", "km2", "m2", "m/s", "km/h", "deg", "s", "min", "h", "days", "months"),
        *("ratio", "fraction", "kg/m2", "USD", "kUSD", "MUSD", "USD/h", "million_NIS"),
        *("name", "text", "date", "class"),
    ]
)
"""Every unit that a figure may carry; `name`, `text`, `date` and `class` mark words instead of numbers."""

FACTORS: Mapping[tuple[str, str], float] = {
    ("USD", "kUSD"): 1e-3,
    ("MUSD", "kUSD"): 1e3,
    ("min", "s"): 60.0,
    ("km", "m"): 1e3,
}
"""Factor from the first unit to the second, for checking the explicit `times` of the data files."""


@dataclass(frozen=True)
class Figure:
    """One figure of the catalogue.

    Parameters
    ----------
    key : str
        Name of the figure; ends in the unit when the simulation reads it.
    value, low, high : number, text, table of numbers, or None
        Central value and plausible range, in ``unit``. A published range without a central value has ``value=None``.
    unit : str
        One of ``UNITS``.
    source : tuple of str
        Ids in ``sources()``; empty for an assumption.
    date : str
        Year of the newest source, or the day on which it was gathered.
    confidence : str
        One of ``CONFIDENCES``.
    note : str
        What the source says; for an assumption, the reason for it.
    """

    key: str
    value: Value
    low: float | None
    high: float | None
    unit: str
    source: tuple[str, ...]
    date: str
    confidence: str
    note: str

    @property
    def is_assumption(self) -> bool:
        """True where no public page stands behind the figure."""
        return self.confidence in ASSUMED

    @property
    def number(self) -> float:
        """The central value as a number, in ``unit``.

        Raises
        ------
        CommandError
            If the figure is text, a table, or a range without a central value.
        """
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            raise CommandError(
                f"`{self.key}` has no single number (value: {self.value!r}); read low and high, or value as text"
            )
        return float(self.value)

    @property
    def band(self) -> tuple[float, float]:
        """Low and high as numbers, in ``unit``; a figure without a range gives its value twice."""
        low = self.number if self.low is None else float(self.low)
        high = self.number if self.high is None else float(self.high)
        return low, high


@dataclass(frozen=True)
class System:
    """One defence system: its published ``figures`` and, apart from them, its own ``assumptions``.

    ``round`` is the kind of round it fires, empty for one that fires nothing; a depot holds one kind.
    """

    id: str
    name: str
    operator: str
    figures: dict[str, Figure]
    assumptions: dict[str, Figure] = field(default_factory=dict)
    inherits: str | None = None
    fires: bool = True
    round: str = ""


@dataclass(frozen=True)
class ThreatClass:
    """One public threat type, the ``group`` it belongs to, its published ``figures`` and its ``assumptions``."""

    id: str
    group: str
    name: str
    figures: dict[str, Figure]
    assumptions: dict[str, Figure] = field(default_factory=dict)
