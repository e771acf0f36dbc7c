"""An invented exercise as the pages get it: scene, state, log and moving tracks, as many as wanted.

Place, systems and numbers are invented; they set up the layout, nothing else.
"""

from __future__ import annotations

import math
from typing import Any

T_S = 52_327.0
AREAS = (
    # name, population, east, north, radius
    ("Saltgate", 24_000, 16_000.0, -13_500.0, 6_000.0),
    ("Tern Harbour", 61_000, 0.0, -3_000.0, 6_800.0),
    ("Marrow", 18_000, -15_500.0, -13_200.0, 5_600.0),
    ("Oldmill", 9_000, -13_500.0, 5_000.0, 4_800.0),
    ("Linden", 12_000, 6_000.0, 6_500.0, 5_000.0),
    ("Kestrel", 7_000, -29_500.0, -7_000.0, 4_200.0),
    ("Highford", 15_000, 26_000.0, 15_000.0, 6_900.0),
    ("Wharfside", 11_000, 29_500.0, -3_500.0, 5_100.0),
)
UNITS = (
    # name, east, north, ready, depot, state, launchers
    ("Tern Harbour", -4_000.0, -9_500.0, 14, 48, "ready", (5, 5, 4, 0)),
    ("Saltgate", 14_000.0, -9_200.0, 6, 31, "ready", (5, 1, 0, 0)),
    ("Linden", 6_500.0, 3_000.0, 11, 44, "ready", (5, 5, 1, 0)),
    ("Marrow", -20_500.0, -7_700.0, 17, 60, "cut_off", (5, 5, 5, 2)),
    ("Highford", 31_500.0, 8_000.0, 3, 0, "ready", (3, 0, 0, 0)),
)
COAST = (
    (70_000, 18_000),
    (58_000, 17_500),
    (50_000, 13_000),
    (46_000, 7_000),
    (42_000, 2_500),
    (37_500, -2_500),
    (31_000, -5_200),
    (28_500, -11_000),
    (29_500, -15_500),
    (27_000, -20_000),
    (21_500, -22_000),
    (16_500, -20_500),
    (11_000, -16_000),
    (8_000, -11_200),
    (2_500, -9_800),
    (-4_500, -12_500),
    (-9_000, -17_000),
    (-14_500, -20_500),
    (-21_000, -22_500),
    (-29_000, -20_500),
    (-70_000, -18_000),
    (-70_000, 80_000),
    (70_000, 80_000),
)
URGENT = (
    # track, toward, east, north, P(hit), seconds to impact, to the last launch, unit, reason
    (1047, 0, 9_500.0, 700.0, 0.81, 21.0, 8.9, 1, "only one in reach"),
    (1052, 1, 400.0, 12_000.0, 0.74, 26.0, 12.9, 0, "fullest magazine"),
    (1049, 1, -8_400.0, 14_000.0, 0.66, 27.0, 13.9, 2, "spares battery 1"),
)
STATUS = {"open": 0, "asked": 1, "approved": 2, "held": 3, "away": 4, "hit": 5, "missed": 6}


def blob(east_m: float, north_m: float, radius_m: float, turn: float) -> list[list[float]]:
    """Give the outline of an area: a rounded shape that is no circle."""
    angles = [2 * math.pi * i / 40 for i in range(40)]
    radii = [radius_m * (1 + 0.13 * math.sin(2 * a + turn) + 0.08 * math.cos(3 * a - turn)) for a in angles]
    return [[east_m + r * math.cos(a), north_m + r * math.sin(a)] for a, r in zip(angles, radii)]


def scene(role: str = "operator") -> dict[str, Any]:
    """Give the scene as the server sends it."""
    areas = [
        {
            "id": name.lower().replace(" ", "-"),
            "name": name,
            "population": people,
            "shelter_s": 30.0,
            "east_m": east_m,
            "north_m": north_m,
            "radius_m": radius_m,
            "polygon": blob(east_m, north_m, radius_m, 1.3 * i),
        }
        for i, (name, people, east_m, north_m, radius_m) in enumerate(AREAS)
    ]
    units = [
        {
            "id": f"b{i + 1}",
            "name": unit[0],
            "reach_m": 15_000.0,
            "n_launchers": 4,
            "rounds_per_launcher": 5,
        }
        for i, unit in enumerate(UNITS)
    ]
    given: dict[str, Any] = {
        "is": "scene",
        "role": role,
        "seat": "Operator 1",
        "has_clock": True,
        "title": "Coastland 3, second raid",
        "briefing": "A night on the coast. Five batteries defend eight places.",
        "scenario": "coastland",
        "replication": 3,
        "start_utc": "2026-03-01T00:00:00Z",
        "from_s": 52_000.0,
        "until_s": 53_000.0,
        "land": [[list(point) for point in COAST]],
        "water": [],
        "extent": [-36_000, -26_000, 44_000, 40_000],
        "areas": areas,
        "units": units,
        "sensors": [{"id": "r1", "name": "Radar 1", "east_m": 1_500.0, "north_m": -1_000.0, "range_m": 70_000.0}],
        "posts": [],
        "links": [],
        "classes": [
            {"id": "rocket", "label": "Rocket", "group": "rocket"},
            {"id": "drone", "label": "Drone", "group": "drone"},
        ],
        "tutorial": None,
    }
    return given | (instructor_part() if role == "instructor" else {})


MINUTES = {"name": "minutes", "label": "For", "kind": "number", "unit": "min", "min": 0.5, "max": 600, "value": 10}
LAUNCHES = {"name": "count", "label": "Launches", "kind": "number", "unit": "", "min": 1, "max": 200, "value": 8}


def _choice(label: str, choices: list[dict[str, str]]) -> dict[str, Any]:
    return {"name": "what", "label": label, "kind": "choice", "choices": choices}


def instructor_part() -> dict[str, Any]:
    """Give what only the instructor's scene holds."""
    batteries = [{"value": f"b{i + 1}", "label": f"Battery {i + 1}, {unit[0]}"} for i, unit in enumerate(UNITS)]
    launch_areas = [{"value": "north", "label": "North"}, {"value": "east", "label": "East"}]
    return {
        "seat": "Instructor",
        "injects": [
            {"kind": "battery_failure", "label": "Battery fails", "fields": [_choice("Battery", batteries), MINUTES]},
            {"kind": "extra_salvo", "label": "Extra salvo", "fields": [_choice("From", launch_areas), LAUNCHES]},
        ],
        "exercises": [
            {"file": "coastland.yaml", "title": "Coastland", "text": "Rockets on a coast, five batteries."},
            {"file": "layers.yaml", "title": "Two layers", "text": "Drones and rockets at once."},
        ],
        "seats": [
            {"seat": "Operator 1", "url": "http://opendome.test/console#t=abc", "is_here": True},
            {"seat": "Operator 2", "url": "http://opendome.test/console#t=def", "is_here": False},
        ],
    }


class Feed:
    """All that the pages need, built once for a number of tracks."""

    def __init__(self, n_tracks: int = 41, role: str = "operator", n_toward: int = 14) -> None:
        self.threats: list[dict[str, Any]] = []
        self.tracks: list[dict[str, Any]] = []
        for row in URGENT:
            self.urgent(*row)
        others = max(0, n_tracks - len(URGENT) - 2)
        for i in range(others):
            self.other(i, others, is_toward=i < n_toward - len(URGENT) - 2)
        self.away(1041, 1, -3_500.0, 3_000.0, 0.88, 12.0, 2)
        self.away(1044, 2, -17_000.0, -1_000.0, 0.79, 15.0, 0)
        self.threats.sort(key=lambda threat: (threat["status"] == "away", threat["t_impact_s"]))
        self.role = role

    def urgent(self, track, toward, east_m, north_m, p_hit, impact_s, latest_s, unit, reason) -> None:  # type: ignore[no-untyped-def]
        status = "asked" if track == URGENT[0][0] else "open"
        self.add(track, toward, east_m, north_m, p_hit, impact_s, latest_s, unit, reason, status, 3)

    def away(self, track, toward, east_m, north_m, p_hit, impact_s, unit) -> None:  # type: ignore[no-untyped-def]
        self.add(track, toward, east_m, north_m, p_hit, impact_s, None, unit, "meets in 5 s", "away", 1)

    def other(self, i: int, n: int, is_toward: bool) -> None:
        spread = (i * 0.618034) % 1.0
        east_m = -32_000.0 + 66_000.0 * spread
        north_m = 11_000.0 + 24_000.0 * ((i * 0.754878) % 1.0)
        toward = (i * 3) % len(AREAS) if is_toward else -1
        impact_s = 33.0 + 3.0 * i * (1 if is_toward else 0.2 + 20 / max(n, 20))
        p_hit = max(0.06, 0.52 - 0.05 * i) if is_toward else 0.02
        advised = i % 5 if is_toward and i < 6 else -1
        self.add(
            1055 + i,
            toward,
            east_m,
            north_m,
            p_hit,
            impact_s,
            impact_s - 14.0 if is_toward else None,
            advised,
            ("earliest meeting", "ellipse still wide", "under threshold")[i % 3],
            "open",
            1 if is_toward else 0,
        )

    def add(self, track, toward, east_m, north_m, p_hit, impact_s, latest_s, unit, reason, status, flags) -> None:  # type: ignore[no-untyped-def]
        group = 2 if track % 17 == 1 and flags == 1 and status == "open" else 0
        if toward >= 0:
            goal_m = (AREAS[toward][2] + (track % 7 - 3) * 500.0, AREAS[toward][3] - (track % 5 - 2) * 600.0)
        else:
            goal_m = (east_m + (track % 11 - 5) * 2_000.0, north_m - 12_000.0)
        self.tracks.append(
            {
                "track": track,
                "group": group,
                "status": STATUS[status],
                "flags": flags,
                "east_m": east_m,
                "north_m": north_m,
                "height_m": 4_000.0,
                "ve_mps": (goal_m[0] - east_m) / impact_s,
                "vn_mps": (goal_m[1] - north_m) / impact_s,
                "to_impact_s": impact_s,
            }
        )
        wide_m = 600.0 + 25.0 * impact_s
        advice = (
            None
            if unit < 0
            else {
                "unit": unit,
                "n_rounds": 1,
                "p_kill": 0.86,
                "t_launch_s": T_S + 1.0,
                "t_intercept_s": T_S + 0.7 * impact_s,
            }
        )
        if toward < 0 and len(self.threats) > 30:
            return
        self.threats.append(
            {
                "track": track,
                "i_class": 1 if group == 2 else 0,
                "toward": toward,
                "p_hit": p_hit,
                "people": AREAS[toward][1] if toward >= 0 else 0.0,
                "t_impact_s": T_S + impact_s,
                "t_latest_s": None if latest_s is None else T_S + latest_s,
                "status": status,
                "advice": advice,
                "reason": reason,
                "options": [] if advice is None else [advice | {"t_latest_s": T_S + (latest_s or 0.0)}],
                "t_auto_s": None,
                "mean": list(goal_m),
                "cov": [wide_m**2 / 4, -(wide_m**2) / 7, wide_m**2],
            }
        )

    def state(self) -> dict[str, Any]:
        """Give the state as the server sends it."""
        units = [
            {
                "state": state,
                "east_m": east_m,
                "north_m": north_m,
                "ready": ready,
                "depot": depot,
                "channels_free": 2,
                "launchers": [
                    {"rounds": rounds, "t_loaded_s": T_S + 112.0 if i == 1 and j == 2 else None}
                    for j, rounds in enumerate(launchers)
                ],
            }
            for i, (_, east_m, north_m, ready, depot, state, launchers) in enumerate(UNITS)
        ]
        seen = [
            max(0, round(14 * math.exp(-(((i - c) / w) ** 2)) * s))
            for i in range(80)
            for c, w, s in [min(((18, 7, 0.7), (45, 5, 0.5), (79, 12, 1.0)), key=lambda p: abs(p[0] - i))]
        ]
        return {
            "is": "state",
            "t_s": T_S,
            "rate": 1.0,
            "is_paused": False,
            "is_over": False,
            "can_skip": False,
            "authority": "approval",
            "weapons": "tight",
            "salvo": 1,
            "reserve_share": 0.2,
            "alert_rule": True,
            "threats": self.threats,
            "asked": URGENT[0][0],
            "units": units,
            "alerts": [
                {"area": area, "since_s": T_S - 20.0, "until_s": T_S + 70.0, "by": "rule"} for area in (0, 1, 2)
            ],
            "stock": {"ready": 51, "depot": 183, "fired": 22},
            "links_down": [],
            "sensors_down": [],
            "bars": {"from_s": T_S - 320.0, "bin_s": 4.0, "seen": seen, "engaged": [round(0.4 * n) for n in seen]},
            "alarms": [{"n": 1, "text": "Battery 4, link lost", "t_s": T_S - 15.0}],
            "tutorial_step": None,
            "score": None,
        }

    def events(self) -> list[dict[str, Any]]:
        """Give the log, the newest last."""
        rows = [
            (-15.0, "Battery 4: link lost, coasting on own radar", "alarm"),
            (-9.0, "Track 1039 intercepted over Marrow, assessed hit", "normal"),
            (-6.0, "Alert in force: Saltgate, 27 s before first impact", "notice"),
            (-3.0, "Battery 1 fired at 1044, approved by operator in 3.1 s", "normal"),
            (-1.0, "Track 1047: ellipse now inside Saltgate, approval asked", "normal"),
        ]
        return [
            {"n": i + 1, "t_s": T_S + t_s, "text": text, "level": level, "track": None}
            for i, (t_s, text, level) in enumerate(rows)
        ]

    def as_json(self, **changes: Any) -> dict[str, Any]:
        """Give what fake_socket.js plays; `changes` go over the state."""
        return {
            "t_s": T_S,
            "warm_up_s": 14.0,
            "is_still": False,
            "scene": scene(self.role),
            "state": self.state() | changes,
            "events": self.events(),
            "tracks": self.tracks,
            "interceptors": [
                {
                    "track": 1041,
                    "unit": 2,
                    "east_m": 2_800.0,
                    "north_m": 700.0,
                    "height_m": 2_000.0,
                    "to_meeting_s": 4.0,
                },
                {
                    "track": 1044,
                    "unit": 0,
                    "east_m": -10_000.0,
                    "north_m": -7_700.0,
                    "height_m": 2_500.0,
                    "to_meeting_s": 6.0,
                },
            ],
        }
