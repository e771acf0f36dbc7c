"""The rooms of the package, who may know whom, and who may not see the truth. The one place where this is written."""

from __future__ import annotations

PACKAGE = "opendome"

LEVELS: tuple[tuple[str, ...], ...] = (
    ("base",),
    ("catalogue", "places", "flight"),
    ("raid", "sensing", "tracking", "assignment", "warning", "harm"),
    ("picture", "doctrine"),
    ("battle",),
    ("scenario",),
    ("results",),
    ("measures",),
    ("study",),
    ("report", "exchange", "adapters"),
    ("console", "cli"),
)
"""A room may import rooms of the levels before its own, and no sibling."""

FREE = ("testing",)
"""May import any room; only the rooms in MAY_USE_FREE may import it."""

MAY_USE_FREE = ("cli",)
"""`opendome bench` calls the checks that ship with the program."""

MODULES_MAY_USE_FREE = ("opendome.study.cases",)
"""Modules (with all below them) of other rooms that may: cases of validation use its slow references."""

SIBLINGS_ALLOWED = {("cli", "console"): "the verbs `train` and `replay` start the console's server"}

# --- information barrier ---

GUARDED = ("tracking", "assignment", "warning", "doctrine", "console")
"""Rooms that see what the defence sees and nothing else."""

GUARDED_THROUGHOUT = ("tracking", "assignment", "warning", "doctrine")
"""Of those, the rooms that may not reach the truth through other rooms either."""

NOT_GUARDED = {"opendome.console.replay": "after-action review shows the truth once the run is over"}

TRUTH_MODULES = ("opendome.raid",)
TRUTH_NAMES = frozenset({"Raid", "Links", "OBJECT", "Fate", "i_object", "aim_area", "end_area", "fate"})
"""Types and array names that carry the truth, or tie a track to it."""

# --- chance ---

MAY_MAKE_SECRETS = {"opendome.console.seats": "tokens that nobody can guess; no draw of a simulation"}
"""Modules that may import `secrets`; every other random number is keyed."""

# --- clocks ---

STOPWATCHES = {
    "opendome.assignment": "the time limit and the seconds used are part of the answer",
    "opendome.cli": "progress and time used, on the screen",
    "opendome.console": "pace of the exercise",
    "opendome.study": "time used, written to the log and not to the results",
    "opendome.testing": "benchmarks",
}
"""Modules (with all below them) that may read a stopwatch. Nobody reads the calendar clock."""

# --- screen ---

MAY_PRINT = ("cli", "console")
MODULES_MAY_PRINT = {"opendome.places.build": "run by itself, as a command of the set-up"}

# --- sizes ---

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_CLASS_LINES = 250
LONGER_ALLOWED: dict[str, str] = {}
"""Module, or module:qualified name, that may be longer, each with the reason."""

VAGUE_NAMES = frozenset({"util", "utils", "common", "helper", "helpers", "misc", "core"})

# --- units ---

UNIT_ENDINGS = {
    "s": "s", "min": "min", "h": "h", "day": "day", "m": "m", "km": "km", "m2": "m2", "m/s": "mps", "rad": "rad",
    "deg": "deg", "kg": "kg", "kusd": "kusd",
}  # fmt: skip
"""How the name of a parameter with this unit ends."""

NO_UNIT_OF_THEIR_OWN = frozenset({"mean"})
"""Keys inside a group whose own name ends in the unit."""

# --- importing the package ---

HEAVY_MODULES = (
    "dask", "duckdb", "highspy", "matplotlib", "numba", "pandas", "polars", "pyarrow", "scipy", "starlette",
)  # fmt: skip
IMPORT_BUDGET_S = 0.15


def room_of(module_name: str) -> str:
    """Name the room of a module: its second part; '' for the package itself and its ``__main__``."""
    parts = module_name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] != "__main__" else ""


def level_of(room: str) -> int | None:
    """Give the level of a room, or None for a room that is not in the list."""
    for level, rooms in enumerate(LEVELS):
        if room in rooms:
            return level
    return None
