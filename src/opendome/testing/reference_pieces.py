"""What the reference engine moves about: plain objects, made from the record arrays that raid and picture give."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from opendome.base.types import Fate, Reason
from opendome.scenario.world import World

from .reference_flight import Point

__all__ = [
    "Assessment",
    "Campaign",
    "Engagement",
    "Launcher",
    "Missile",
    "Track",
    "Unit",
    "area_of",
    "area_rings",
    "as_objects",
    "draw_campaign",
    "ring_holds",
]

LOOKING, BUSY, CLOSED = "looking", "busy", "closed"


def as_objects(records: np.ndarray) -> list[SimpleNamespace]:
    """Rows of a record array as objects with the fields as attributes, in plain numbers."""
    names = records.dtype.names or ()
    return [SimpleNamespace(**dict(zip(names, row))) for row in records.tolist()]


@dataclass
class Missile:
    """One launched object: its truth, and what the battle did to it."""

    truth: SimpleNamespace
    i_area: int
    t_killed_s: float | None = None
    was_engaged: bool = False
    n_rounds_met: int = 0
    t_dropped_s: float = math.inf
    tracks: list[Track] = field(default_factory=list)

    def is_flying(self, t_s: float) -> bool:
        """Whether it is neither destroyed nor down."""
        return self.t_killed_s is None and t_s < self.truth.t_impact_s

    @property
    def last_reason(self) -> Reason:
        """Why it was shot at or not, by its tracks: the one shot at most, of equals the last not left to others."""
        said = Reason.NEVER_SEEN
        for n_shots in sorted({track.n_rounds for track in self.tracks})[-1:]:
            equals = [track.reason for track in self.tracks if track.n_rounds == n_shots]
            said = next((r for r in reversed(equals) if r != Reason.LEFT_TO_OTHERS), equals[0])
        return said

    @property
    def is_misfire(self) -> bool:
        """Whether it never left."""
        return bool(self.truth.fate == Fate.MISFIRES)


@dataclass
class Assessment:
    """One impact prediction of a track, with the areas it may hit: (area, chance, meets the warning ellipse)."""

    figures: SimpleNamespace
    areas: list[tuple[int, float, bool]]
    path: list[Point] | None = None

    @property
    def end_m(self) -> tuple[float, float]:
        """Predicted impact, east and north [m]."""
        return self.figures.mean_east_m, self.figures.mean_north_m

    @property
    def sigma_m(self) -> float:
        """Larger standard deviation of the predicted impact on an axis of the map [m]."""
        return math.sqrt(max(self.figures.var_east_m2, self.figures.var_north_m2))


@dataclass
class Track:
    """One track: its predictions in time order, and what is being done about it."""

    figures: SimpleNamespace
    missile: Missile
    assessments: list[Assessment]
    state: str = LOOKING
    current: Assessment | None = None
    reason: Reason = Reason.NOT_CONFIRMED
    n_rounds: int = 0
    n_by_layer: dict[int, int] = field(default_factory=dict)
    n_lost_orders: int = 0
    n_engagements: int = 0
    has_retry: bool = False
    place: int | None = None
    t_closed_s: float = math.inf


@dataclass
class Launcher:
    """Tubes of one launcher. ``n_coming`` rounds are being loaded; ``is_short``: it waits for rounds."""

    n_rounds: int = 0
    n_coming: int = 0
    is_loading: bool = False
    is_short: bool = False
    load_number: int = 0
    t_free_s: float = 0.0


@dataclass
class Unit:
    """One fire unit: its figures, where it stands and its launchers."""

    number: int
    figures: SimpleNamespace
    launchers: list[Launcher]
    site_m: tuple[float, float] = (0.0, 0.0)
    is_ready: bool = False
    is_failed: bool = False
    n_fired: int = 0

    @property
    def n_ready(self) -> int:
        """Rounds in launchers that are not being loaded."""
        return sum(launcher.n_rounds for launcher in self.launchers if not launcher.is_loading)


@dataclass
class Engagement:
    """A salvo on its way: what it was fired at, by whom, when it meets, and what came of it."""

    track: Track
    unit: Unit
    n_rounds: int
    t_order_s: float
    t_launch_s: float
    t_meet_s: float
    p_kill: float
    i_post: int
    is_kill: bool = False
    is_judged_kill: bool | None = None


@dataclass
class Campaign:
    """All that is launched and all that is perceived, over every day."""

    missiles: list[Missile] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    n_bursts: int = 0


def ring_holds(ring: Sequence[tuple[float, float]], east_m: float, north_m: float) -> bool:
    """Whether a ring of (east, north) [m] holds a point: how often a line to the east crosses it."""
    n_crossings = 0
    for (east_a, north_a), (east_b, north_b) in zip(ring, [*ring[1:], ring[0]]):
        if (north_a > north_m) == (north_b > north_m):
            continue
        east_cut = east_a + (north_m - north_a) * (east_b - east_a) / (north_b - north_a)
        n_crossings += east_cut > east_m
    return n_crossings % 2 == 1


@dataclass
class _Ring:
    """Outline of an area with its box, so that most points are answered at once."""

    corners: list[tuple[float, float]]

    def __post_init__(self) -> None:
        self.west, self.east = min(c[0] for c in self.corners), max(c[0] for c in self.corners)
        self.south, self.north = min(c[1] for c in self.corners), max(c[1] for c in self.corners)

    def holds(self, east_m: float, north_m: float) -> bool:
        """Whether the point lies inside."""
        if not (self.west <= east_m <= self.east and self.south <= north_m <= self.north):
            return False
        return ring_holds(self.corners, east_m, north_m)


def area_rings(world: World) -> list[_Ring]:
    """Outlines of the defended areas, as the truth knows them."""
    lookup: Any = world.raid.area_lookup
    start = lookup.ring_start.tolist()
    corners = [(east, north) for east, north in lookup.vertices_m.tolist()]
    return [_Ring(corners[a:b]) for a, b in itertools.pairwise(start)]


def area_of(rings: list[_Ring], east_m: float, north_m: float) -> int:
    """First area that holds the point, -1 for none."""
    return next((i for i, ring in enumerate(rings) if ring.holds(east_m, north_m)), -1)


def _add_day(campaign: Campaign, rings: list[_Ring], objects: np.ndarray, picture: tuple) -> None:
    """Append one day's truth and picture."""
    tracks, rows, areas, p_areas, is_inside, i_object = picture
    missiles = [
        Missile(truth, area_of(rings, truth.impact_east_m, truth.impact_north_m)) for truth in as_objects(objects)
    ]
    assessments = [
        Assessment(figures, list(zip(i[: figures.n_areas], p[: figures.n_areas], map(bool, inside[: figures.n_areas]))))
        for figures, i, p, inside in zip(as_objects(rows), areas.tolist(), p_areas.tolist(), is_inside.tolist())
    ]
    for figures, i in zip(as_objects(tracks), i_object.tolist()):
        first = figures.first_assessment
        track = Track(figures, missiles[i], assessments[first : first + figures.n_assessments])
        missiles[i].tracks.append(track)
        campaign.tracks.append(track)
    campaign.missiles += missiles


def draw_campaign(world: World, seed: int, replication: int, rings: list[_Ring]) -> Campaign:
    """Truth and picture of a whole campaign, day after day, as plain objects.

    Raid and picture are inputs of the battle and are drawn by their own rooms; the area that holds an impact is found
    anew here.
    """
    from opendome.picture.statistical import perceive
    from opendome.raid.generate import draw_day

    campaign = Campaign()
    for day in range(world.n_days):
        objects, n_bursts = draw_day(world.raid, seed, replication, day)
        campaign.n_bursts += int(n_bursts)
        _add_day(campaign, rings, objects, perceive(world.picture, seed, replication, objects))
    return campaign
