"""What the page shows, as frozen objects: numbers and finished words, no table and no drawing.

``content`` builds them, ``figures`` draws them, ``page`` sets them. A gain is always written so that more is better:
baseline minus alternative where less of a measure is wanted, alternative minus baseline where more is.
"""

from __future__ import annotations

from dataclasses import dataclass

from opendome.report.supply_model import SupplyPanel
from opendome.report.tradeoff_model import TradeoffPanel

__all__ = [
    "Answer",
    "AreaLeaks",
    "AssumptionRow",
    "Box",
    "Cause",
    "Content",
    "EndsPanel",
    "EndsRow",
    "Estimate",
    "GainPanel",
    "GainRow",
    "GridPanel",
    "Heading",
    "LeadRow",
    "LeadsPanel",
    "MapPanel",
    "Part",
    "PublishedPanel",
    "PublishedRow",
    "Span",
    "StockPanel",
    "StockSeries",
    "SuccessPanel",
    "SuccessRow",
    "TextTable",
    "TimelinePanel",
    "TimelineRow",
    "TornadoPanel",
    "TornadoRow",
]


@dataclass(frozen=True)
class Estimate:
    """A number with its interval and the number of replications (or samples) behind it."""

    value: float
    low: float
    high: float
    n: int = 0


@dataclass(frozen=True)
class Heading:
    """Words around a figure: the finding, what is drawn and in which unit, and where it comes from."""

    title: str
    subtitle: str
    note: str


@dataclass(frozen=True)
class Answer:
    """The answer in one or two sentences; pieces are (words, is_interval), intervals are set lighter."""

    pieces: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        """The sentence as plain text."""
        return "".join(words for words, _ in self.pieces)


@dataclass(frozen=True)
class Box:
    """One of the boxes under the answer; pieces are (words, is_strong)."""

    label: str
    pieces: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        """The box's words as plain text."""
        return "".join(words for words, _ in self.pieces)


@dataclass(frozen=True)
class GainRow:
    """Paired gains of one alternative: quantile dots, mean with its interval, interval with uncertain inputs."""

    label: str
    is_chosen: bool
    dots: tuple[float, ...]
    mean: Estimate
    inputs: Estimate | None = None


@dataclass(frozen=True)
class Cause:
    """One part of the gain; the bar runs from ``start`` to ``start + part.value``."""

    label: str
    start: float
    part: Estimate


@dataclass(frozen=True)
class GainPanel:
    """Fig. 1: what each alternative buys, and where the headline's gain comes from."""

    heading: Heading
    rows: tuple[GainRow, ...]
    causes_title: str
    causes: tuple[Cause, ...]
    total: GainRow | None
    places: int


@dataclass(frozen=True)
class Part:
    """A part of a strip: its name, the token that fills it and the token of words on it."""

    name: str
    fill: str
    on: str


@dataclass(frozen=True)
class EndsRow:
    """Where the launches of one alternative ended, and its leaks by reason (means of a campaign)."""

    label: str
    is_chosen: bool
    parts: tuple[float, ...]
    leaks: tuple[float, ...]


@dataclass(frozen=True)
class EndsPanel:
    """Fig. 2: strips of ends, and of leaks by reason drawn ``leak_scale`` times larger."""

    heading: Heading
    parts: tuple[Part, ...]
    reasons: tuple[Part, ...]
    rows: tuple[EndsRow, ...]
    leak_scale: float
    narrow_leak_scale: float


@dataclass(frozen=True)
class StockSeries:
    """Stock of one alternative by day: quantiles (5, 25, 50, 75, 95 %), share first run out on each day, deliveries."""

    label: str
    days: tuple[float, ...]
    bands: tuple[tuple[float, ...], ...]
    stockout_share: tuple[float, ...]
    p_stockout: float
    deliveries: tuple[tuple[float, float, bool], ...]


@dataclass(frozen=True)
class StockPanel:
    """Stock over time, on one scale; days of supply at ``rounds_per_day``."""

    heading: Heading
    series: tuple[StockSeries, ...]
    rounds_per_day: float


@dataclass(frozen=True)
class GridPanel:
    """Share of campaigns that run out, by rows and columns; ``here`` is the scenario's own place (row, column)."""

    heading: Heading
    row_name: str
    column_name: str
    rows: tuple[float, ...]
    columns: tuple[float, ...]
    shares: tuple[tuple[float, ...], ...]
    threshold: float
    here: tuple[float, float] | None
    here_text: str


@dataclass(frozen=True)
class SuccessRow:
    """One definition of success: its letter, its words, the spread over campaigns of each alternative shown."""

    letter: str
    words: str
    marks: tuple[tuple[str, Estimate], ...]


@dataclass(frozen=True)
class SuccessPanel:
    """Success in every definition in use."""

    heading: Heading
    rows: tuple[SuccessRow, ...]


@dataclass(frozen=True)
class AreaLeaks:
    """Mean leaks of one area, baseline and headline alternative (None without one)."""

    name: str
    east_m: float
    north_m: float
    before: float
    after: float | None


@dataclass(frozen=True)
class MapPanel:
    """Map of leaks; its geometry travels beside it (``geometry.MapGeometry``)."""

    heading: Heading
    areas: tuple[AreaLeaks, ...]
    list_title: str
    list_subtitle: str
    others: tuple[int, float, float | None]


@dataclass(frozen=True)
class Span:
    """A stretch of a battery's time line: kind is 'ready', 'set-up', 'road' or 'away'."""

    kind: str
    start_day: float
    end_day: float


@dataclass(frozen=True)
class TimelineRow:
    """One battery's time line; ``shares`` (day, share of campaigns in which it works from then on) if drawn."""

    number: str
    label: str
    is_new: bool
    arrives_day: float
    spans: tuple[Span, ...]
    shares: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class TimelinePanel:
    """Who was where, and ready when."""

    heading: Heading
    rows: tuple[TimelineRow, ...]
    duration_day: float


@dataclass(frozen=True)
class LeadRow:
    """Lead times in areas with one time to shelter: quantile dots [s], share too late, impacts counted, people."""

    shelter_s: float
    dots: tuple[float, ...]
    share_late: float
    n: int
    people: float | None


@dataclass(frozen=True)
class LeadsPanel:
    """Warning lead times per time to shelter."""

    heading: Heading
    rows: tuple[LeadRow, ...]


@dataclass(frozen=True)
class TornadoRow:
    """One assumption: its range, the gain at both ends; ``crossing`` is where the gain changes its sign.

    ``gain_used_low`` is the low end of the interval of ``gain_used``; ``between`` holds gains at further values.
    """

    label: str
    unit: str
    low: float
    used: float
    high: float
    gain_low: Estimate
    gain_used: float
    gain_high: Estimate
    crossing: float | None
    source: str
    confidence: int
    gain_used_low: float
    between: tuple[tuple[float, Estimate], ...] = ()

    @property
    def name(self) -> str:
        """Label with its unit."""
        return f"{self.label}, {self.unit}" if self.unit else self.label

    @property
    def width(self) -> float:
        """How far the gain swings."""
        gains = (self.gain_low.value, self.gain_used, self.gain_high.value)
        return max(gains) - min(gains)


@dataclass(frozen=True)
class TornadoPanel:
    """Swing of the headline with one assumption at a time."""

    heading: Heading
    rows: tuple[TornadoRow, ...]
    gain_used: float
    worse: str
    better: str


@dataclass(frozen=True)
class PublishedRow:
    """One figure beside its published counterpart: mean, predictive interval, published range, verdict in words."""

    label: str
    unit: str
    mean: float
    runs: tuple[float, float]
    with_inputs: tuple[float, float] | None
    published: tuple[float, float]
    verdict: str
    is_miss: bool


@dataclass(frozen=True)
class PublishedPanel:
    """The simulation beside published figures."""

    heading: Heading
    rows: tuple[PublishedRow, ...]


@dataclass(frozen=True)
class AssumptionRow:
    """One assumption for the table: what, low, used, high, confidence in words, source."""

    what: str
    low: str
    used: str
    high: str
    confidence: str
    source: str


@dataclass(frozen=True)
class TextTable:
    """A table of finished words: columns are (name, is_number)."""

    title: str
    subtitle: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]
    strong_rows: tuple[int, ...] = ()
    is_folded: bool = False


@dataclass(frozen=True)
class Content:
    """Everything on the page, in order."""

    title: str
    place_line: str
    question: str
    answer: Answer
    boxes: tuple[Box, ...]
    lead: str
    gain: GainPanel | None
    ends: EndsPanel
    stock: StockPanel | None
    supply: SupplyPanel | None
    grid: GridPanel | None
    success: SuccessPanel
    map: MapPanel | None
    timeline: TimelinePanel | None
    leads: LeadsPanel | None
    two_by_two: TextTable | None
    tradeoff: TradeoffPanel | None
    tornado: TornadoPanel | None
    needless: TextTable
    published: PublishedPanel | None
    tables: tuple[TextTable, ...]
    notes: tuple[tuple[str, str], ...]
