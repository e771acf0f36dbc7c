"""The file of curves that the statistical picture may draw from, fitted to the tracked picture of a scenario."""

from __future__ import annotations

import functools
import io
import math
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from opendome.base.errors import CommandError
from opendome.base.params import Parameters, quantity

__all__ = ["ErrorTable", "FittedCurves", "Residuals", "curves_path", "read_curves", "write_curves"]

_BUNDLED = Path(__file__).parent / "data"
_LARGEST_FILE_BYTES = 1_000_000


class ErrorTable(NamedTuple):
    """Impact error over range (rows) and track age (columns): root of the variances' sum [m], and along over across."""

    range_m: tuple[float, ...]
    age_s: tuple[float, ...]
    rms_m: tuple[tuple[float, ...], ...]
    ratio: tuple[tuple[float, ...], ...]


class Residuals(Parameters):
    """How well the curves stand for the tracked picture they were fitted to."""

    log_rms: float = quantity(..., unit="1", ge=0)
    """Root-mean-square of the logarithm of stated over fitted error."""

    normalised_square: float = quantity(..., unit="1", ge=0)
    """Mean of true error squared over stated variance, per axis: 1 where the stated error is honest."""

    inside_95_frac: float = quantity(..., unit="share", ge=0, le=1)
    """Share of true impacts inside the stated 95 % ellipse."""


class FittedCurves(Parameters):
    """Curves of one scenario, and what they were fitted to."""

    curves: Literal[2] = 2
    """Version of the format."""

    scenario: str = Field(..., max_length=200)
    """Name of the scenario whose tracked picture was simulated."""

    seed: int = quantity(..., unit="1", ge=0)
    """Seed of the simulation."""

    replications: int = quantity(..., unit="count", ge=1)
    """Replications simulated."""

    n_tracks: int = quantity(..., unit="count", ge=0)
    """Tracks of rockets that were followed."""

    n_assessments: int = quantity(..., unit="count", ge=0)
    """Assessments that the curves were fitted to."""

    range_km: tuple[float, ...]
    """Ranges of the table's rows, from launch to impact, rising."""

    age_s: tuple[float, ...]
    """Track ages of the table's columns, from the first plot, rising."""

    rms_m: tuple[tuple[float, ...], ...]
    """Root of the sum of the two variances of the impact, by range and age."""

    ratio: tuple[tuple[float, ...], ...]
    """Error along the path over that across it, by range and age."""

    shared_frac: float = quantity(..., unit="share", ge=0, lt=1)
    """Share of the variance that the rockets of a salvo have in common."""

    scatter: float = quantity(..., unit="1", ge=0, le=2)
    """Standard deviation of the logarithm of a rocket's stated error about the table."""

    true_over_stated: float = quantity(..., unit="1", gt=0, le=5)
    """Ratio of true to stated errors, root-mean-square: 1 where the stated error is honest."""

    stray_frac: float = quantity(..., unit="share", ge=0, le=0.5)
    """Share of the tracks whose true errors are larger than that: those that follow another rocket's plots."""

    stray_scale: float = quantity(..., unit="factor", ge=1, le=100)
    """How many times larger they are."""

    first_plot_s: float = quantity(..., unit="s", ge=0, le=600)
    """Mean time from rising above the radar's horizon to the first plot."""

    confirm_delay_s: float = quantity(..., unit="s", ge=0, le=600)
    """Mean time from the first plot to a confirmed track."""

    p_missed: dict[str, float]
    """Chance that an object in view is never confirmed, by class."""

    false_tracks_per_h: float = quantity(..., unit="1/h", ge=0)
    """Confirmed tracks of nothing in quiet hours: events over hours."""

    quiet_h: float = quantity(..., unit="h", ge=0)
    """Quiet hours simulated for that rate."""

    residuals: Residuals
    """How well the curves stand for the simulation."""

    @model_validator(mode="after")
    def _is_a_table(self) -> FittedCurves:
        shape = (len(self.range_km), len(self.age_s))
        for name, rows in (("rms_m", self.rms_m), ("ratio", self.ratio)):
            if len(rows) != shape[0] or any(len(row) != shape[1] for row in rows):
                raise ValueError(f"{name} must have {shape[0]} rows of {shape[1]} numbers")
            if not all(math.isfinite(value) and value > 0.0 for row in rows for value in row):
                raise ValueError(f"{name} must hold numbers above 0")
        for name, knots in (("range_km", self.range_km), ("age_s", self.age_s)):
            if len(knots) < 2 or knots[0] <= 0.0 or any(b <= a for a, b in pairwise(knots)):
                raise ValueError(f"{name} must rise from above 0")
        return self

    def table(self) -> ErrorTable:
        """The table of errors, in metres."""
        return ErrorTable(tuple(1000.0 * one for one in self.range_km), self.age_s, self.rms_m, self.ratio)


def curves_path(name: str, folder: Path) -> Path:
    """File that `picture.curves` means: one beside the scenario, or else one bundled with the program by its name."""
    bundled = _BUNDLED / f"{name}.yaml"
    return bundled if bundled.is_file() and not (folder / name).is_file() else folder / name


def read_curves(path: Path | str) -> FittedCurves:
    """Read a file of curves.

    Raises
    ------
    CommandError    no such file, or one of another form; every problem at once
    """
    file = Path(path)
    if not file.is_file():
        raise CommandError(f"picture.curves: there is no file {file}; make it with `opendome fit-picture`")
    if file.stat().st_size > _LARGEST_FILE_BYTES:
        raise CommandError(f"{file.name}: larger than a file of curves can be")
    try:
        return _curves_of(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise CommandError(f"{file.name}: not YAML: {error}") from None
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, item['loc'])) or 'file'}: {item['msg']}" for item in error.errors()]
        raise CommandError(f"{file.name} is no file of curves:\n" + "\n".join(lines)) from None


@functools.lru_cache(maxsize=8)
def _curves_of(text: str) -> FittedCurves:
    """Curves from the text of their file; kept, since a sweep asks for the same ones at every point."""
    data: Any = YAML(typ="safe", pure=True).load(text)
    return FittedCurves.model_validate(data)


def write_curves(curves: FittedCurves, path: Path | str) -> Path:
    """Write a file of curves; gives its path."""
    file = Path(path)
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.width = 160
    text = io.StringIO()
    text.write("# Curves of the statistical picture, fitted to the tracked one by `opendome fit-picture`.\n")
    plain = curves.model_dump(mode="json")
    yaml.dump(plain, text)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.getvalue(), encoding="utf-8", newline="\n")
    return file
