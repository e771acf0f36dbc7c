"""The scenario's schema: the rooms' own parameter classes composed into one model, and what a study asks for.

Every key of a scenario file is an attribute of one of these classes, so the text of ``explain`` comes from them and
from nowhere else. Keys that cross several classes are checked in ``scenario/checks.py``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, field_serializer, field_validator

from opendome.base.params import Parameters, quantity
from opendome.battle.parameters import Battery, LauncherUnit, Link, Network, Post, SensorUnit
from opendome.battle.supply_parameters import Crews, Depot, Lift
from opendome.doctrine.parameters import Doctrine
from opendome.harm.parameters import Harm
from opendome.picture.parameters import Picture
from opendome.places.parameters import Place, Places
from opendome.raid.parameters import Threats
from opendome.warning.parameters import WarningRules

__all__ = [
    "SCHEMA_VERSION",
    "Grid",
    "GridAxis",
    "InputRange",
    "PrecisionGoal",
    "Published",
    "ScenarioModel",
    "Shapley",
    "Study",
    "Tradeoff",
]

SCHEMA_VERSION = 1

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)]
"""Lower-case letters, digits and dashes."""

Confidence = Literal[
    "stated by maker", "official", "press", "analyst estimate", "derived", "assumed", "recalled, unverified", ""
]


class PrecisionGoal(Parameters):
    """How narrow the interval of a measure has to be before a study may stop."""

    relative: float = quantity(..., unit="share", gt=0, le=1)
    """Half-width of the interval as a share of the value."""


class Shapley(Parameters):
    """Split a gain with several causes so that the parts add up."""

    causes: Annotated[tuple[str, ...], Field(min_length=1, max_length=6)]
    """Short names of the causes, in order."""

    alternatives: dict[str, str]
    """The alternative that has each set of causes: names joined by + in the order of `causes`; '' is the empty set."""


class InputRange(Parameters):
    """An uncertain input: swung alone, and sampled together with the others."""

    key: str
    """Dotted key of the scenario value, such as `doctrine.engage_if.p_hit_at_least`."""

    low: float
    """Low end of the plausible range, in the key's own unit."""

    high: float
    """High end of the plausible range, in the key's own unit."""

    label: str = Field("", max_length=200)
    """Words for people; empty: the key."""

    source: str = Field("", max_length=500)
    """Where the range comes from."""

    confidence: Confidence = ""
    """How good the source is."""


class GridAxis(Parameters):
    """One axis of a grid of studies."""

    key: str
    """Dotted key of the scenario value."""

    values: Annotated[tuple[float, ...], Field(min_length=1, max_length=50)]
    """Values it takes."""


class Grid(Parameters):
    """A table of the headline over two inputs."""

    rows: GridAxis
    """Input that changes from row to row."""

    columns: GridAxis
    """Input that changes from column to column."""

    alternative: str | None = None
    """Alternative that is compared with the baseline in each cell; null: the last one listed."""

    replications: int = quantity(40, unit="count", ge=2, le=100_000)
    """Replications of each cell."""


class Published(Parameters):
    """Published figures to stand beside the baseline's results: never an input."""

    label: str = Field("published", max_length=200)
    """Words for people."""

    source: str = Field("", max_length=1000)
    """Where the figures come from."""

    columns: dict[str, float | tuple[float, float]]
    """Published value, or low and high, of measures: `{intercepted: 1450, engaged_of_crossed: [0.34, 0.58]}`."""


Chance = Annotated[float, Field(gt=0, le=1)]
Factor = Annotated[float, Field(gt=0, le=100)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Tradeoff(Parameters):
    """Warning's trade-off: people warned in time against people alerted for nothing, from raid and picture alone."""

    zonings: Annotated[tuple[str, ...], Field(min_length=1, max_length=10)] = (
        "synthetic-25",
        "synthetic-127",
        "synthetic-248",
        "areas",
    )
    """Zonings that are compared, as in `warning.zoning`; the others are held beside the last one."""

    p_area_at_least: Annotated[tuple[Chance, ...], Field(min_length=2, max_length=50)] = (
        0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99,
    )  # fmt: skip
    """Thresholds that are tried: a zone is alerted if its chance of a hit is at least this."""

    error_scales: Annotated[tuple[Factor, ...], Field(min_length=1, max_length=10)] = (0.5, 1.0, 2.0)
    """Qualities of the prediction that are tried, as `picture.error_scale`."""

    missed_shares: Annotated[tuple[Share, ...], Field(max_length=20)] = (0.002, 0.005, 0.01, 0.02)
    """Shares of threatened people not alerted in time, at which costs are compared."""

    replications: int = quantity(40, unit="count", ge=2, le=100_000)
    """Campaigns that are counted."""


class Study(Parameters):
    """What a study of this scenario runs and prints."""

    seed: int = quantity(1, unit="1", ge=0, le=10**15)
    """Seed of every random number; the same seed gives the same bytes."""

    replications: int = quantity(500, unit="count", ge=1, le=10_000_000)
    """Replications of every alternative, at most when `precision` is given."""

    precision: dict[str, PrecisionGoal] = Field(default_factory=dict)
    """Stop when these measures are known this well: `{leaked_built_up: {relative: 0.02}}`."""

    baseline: str = "as-is"
    """Alternative that the others are compared with."""

    headline: str = "leaked_built_up"
    """Measure that the report's first sentence is about."""

    confidence: float = quantity(0.95, unit="probability", ge=0.5, lt=1)
    """Confidence of printed intervals."""

    labels: dict[str, str] = Field(default_factory=dict)
    """Words for people for each alternative."""

    shapley: Shapley | None = None
    """Split of the gain by cause, or null."""

    inputs: tuple[InputRange, ...] = ()
    """Uncertain inputs, for the one-at-a-time swing and for sampling."""

    grid: Grid | None = None
    """Table over two inputs, or null."""

    published: Published | None = None
    """Published figures to print beside the baseline's, or null."""

    tradeoff: Tradeoff | None = None
    """Warning's trade-off over thresholds, zonings and qualities of the prediction, or null."""

    swing_replications: int = quantity(60, unit="count", ge=2, le=1_000_000)
    """Replications at each end of each input's swing."""

    sample_points: int = quantity(100, unit="count", ge=2, le=1_000_000)
    """Points of the sample over all inputs together."""

    sample_replications: int = quantity(8, unit="count", ge=2, le=1_000_000)
    """Replications at each point of the sample."""

    luck_draws: int = quantity(200, unit="count", ge=0, le=1_000_000)
    """Draws of kill luck over which one raid is played again, for the distance from the best possible; 0: none."""


class ScenarioModel(Parameters):
    """A whole scenario: the world, its alternatives, and the study made of them."""

    scenario: Literal[1]
    """Version of the scenario schema."""

    name: Name
    """Name of the scenario: lower-case letters, digits and dashes."""

    title: str = Field("", max_length=300)
    """Title for people; empty: the name."""

    description: str = Field("", max_length=10_000)
    """What the scenario shows and where its figures come from."""

    question: str = Field("", max_length=1000)
    """The question a study answers; printed above the answer in the report."""

    site: Place
    """Origin of the local frame; near the middle of what happens."""

    start_utc: AwareDatetime
    """Start of the scenario, with its time zone, such as `2024-05-01T00:00:00Z`."""

    duration_day: float = quantity(..., unit="day", gt=0, le=3660)
    """Length of the scenario."""

    places: Places = Places()
    """Defended areas, their people, and the coast."""

    threats: Threats = Threats()
    """What is launched."""

    batteries: tuple[Battery, ...] = ()
    """Batteries of the defence."""

    launchers: tuple[LauncherUnit, ...] = ()
    """Launchers that stand away from the battery they answer to."""

    sensors: tuple[SensorUnit, ...] = ()
    """Radars that stand by themselves."""

    posts: Annotated[tuple[Post, ...], Field(max_length=40)] = ()
    """Command posts that stand by themselves."""

    network: Network = Network()
    """Who hears whom."""

    links: Annotated[tuple[Link, ...], Field(max_length=400)] = ()
    """Links between batteries, posts, launchers and sensors; used where `network.sharing` is `links`."""

    depot: Depot = Depot()
    """The stock of rounds behind the launchers."""

    depots: Annotated[tuple[Depot, ...], Field(max_length=30)] = ()
    """Further depots, for other kinds of round or other parts of the country."""

    lifts: Annotated[tuple[Lift, ...], Field(max_length=20)] = ()
    """Aircraft or ships that bring batteries and rounds from afar."""

    crews: Crews = Crews()
    """Crews that batteries wait for."""

    doctrine: Doctrine = Doctrine()
    """Rules the defence fires by."""

    picture: Picture = Picture()
    """What the defence perceives."""

    warning: WarningRules = WarningRules()
    """Rule and timing of alerts to the population."""

    harm: Harm = Harm()
    """What an impact does to people."""

    assumptions: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Changed catalogue figures of systems, for this scenario alone: `{iron-dome: {key: value}}`."""

    alternatives: dict[Name, dict[str, Any]] = Field(default_factory=dict)
    """Named overrides of this scenario: `{two-more: {batteries+: [...]}}`."""

    study: Study = Study()
    """What a study of this scenario runs and prints."""

    @field_validator("start_utc")
    @classmethod
    def _start_in_utc(cls, value: datetime) -> datetime:
        return value.astimezone(UTC)

    @field_serializer("start_utc", when_used="json")
    def _start_text(self, value: datetime) -> str:
        return utc_text(value)


def utc_text(moment: datetime) -> str:
    """Write a moment as `2024-05-01T00:00:00Z`, with fractions of a second only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
