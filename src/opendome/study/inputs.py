"""What uncertain inputs do to the answer: each swung alone to its ends, and all sampled together.

The swing runs the baseline, the headline alternative and what brings rounds only at the low and the high end of one
input, everything else as it stands. The sample moves all inputs at once over a Latin hypercube of their ranges; its
quantiles are the interval of the inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from opendome.measures.derive import all_measures, columns_of, find_measure
from opendome.results.columns import number
from opendome.results.schema import STUDY_TABLES
from opendome.study.cells import Cell, Overrides, side_cells
from opendome.study.controls import RaidMoments, control_columns, raid_moments
from opendome.study.design import latin_hypercube, spread_over, value_for
from opendome.study.engine import Engine
from opendome.study.estimates import Source, compare_measure, estimate_measure
from opendome.study.kernel import WorldShelf
from opendome.study.paired import Interval
from opendome.study.plan import Plan

__all__ = ["LEAST_SHARE", "Sample", "Swing", "inputs_interval", "predictive_interval"]

_SLICES = 64
"""Equally likely slices of a normal that stand for the campaigns of a point."""


_REFINED, _HALVINGS = 3, 3
"""Inputs whose turn is looked for between the value in use and the end, and how often the way is halved."""

LEAST_SHARE = 0.1
"""What brings rounds only helps when it brings this share of the headline's difference, and clearly."""


def _is_clear(difference: Sequence[float], least: float) -> bool:
    """Whether (value, low, high) lies apart from zero and is ``least`` or more in size."""
    value, low, high = difference
    return (low > 0.0 or high < 0.0) and abs(value) >= least


def source_of_rows(rows: dict[str, np.ndarray], moments: dict[str, RaidMoments | None], confidence: float) -> Source:
    """Make estimates possible on rows in memory: alternative -> (n, N_TALLY)."""
    columns = {name: columns_of(found) for name, found in rows.items()}
    return Source(tuple(rows), lambda alternative, _: columns[alternative], moments, confidence)


@dataclass(frozen=True)
class Swing:
    """The one-at-a-time swing of a scenario's inputs."""

    plan: Plan
    shelf: WorldShelf
    inputs: Sequence[Any]
    n: int
    n_main: int

    def cells(self) -> list[Cell]:
        """Give the cells to be run; the base is taken from the study proper where that is long enough."""
        found = [] if self.n_main >= self.n else side_cells(self._sides, (), 0, self.n)
        for entry in self.inputs:
            for end in ("low", "high"):
                found += side_cells(self._sides, self._overrides(entry, end), 0, self.n)
        return found

    def table(self, engine: Engine, base_values: dict[str, float | None]) -> pa.Table:
        """Give the table `swing`; ``base_values`` holds each input's value as it stands, None for the catalogue's."""
        schema = STUDY_TABLES["swing"]
        columns: dict[str, list[Any]] = {name: [] for name in schema.names}
        found = {name: list(self._rows(engine, name, base_values)) for name in self._compared}
        for alternative in self._compared[1:]:
            least = LEAST_SHARE * abs(float(found[self._compared[0]][1][6]))
            found[alternative] += self._between(engine, alternative, found[alternative], least)
        for row in (row for rows in found.values() for row in rows):
            for name, item in zip(schema.names, row):
                columns[name].append(item)
        return schema.table(columns)

    def _rows(
        self, engine: Engine, alternative: str, base_values: dict[str, float | None]
    ) -> Iterator[tuple[Any, ...]]:
        base = self._difference(engine, alternative, (), is_base=True)
        for entry in self.inputs:
            for end in ("low", "base", "high"):
                overrides = () if end == "base" else self._overrides(entry, end)
                found = base if end == "base" else self._difference(engine, alternative, overrides)
                value = base_values[entry.key] if end == "base" else float(overrides[0][1])
                label = entry.label or entry.key
                yield (alternative, entry.key, label, end, value, self.plan.headline, *found[:4])

    def _between(
        self, engine: Engine, alternative: str, rows: list[tuple[Any, ...]], least: float
    ) -> list[tuple[Any, ...]]:
        """Halve the way from the value in use to the end, for the three inputs that move an unclear difference most.

        What rounds alone bring is nothing until the stock binds, so that a straight line would find the turn too soon.
        """
        clear = [
            (base, end)
            for low, base, high in zip(rows[0::3], rows[1::3], rows[2::3])
            for end in (low, high)
            if base[4] is not None and _is_clear(end[6:9], least) and not _is_clear(base[6:9], least)
        ]
        farthest = {pair[0][1]: pair for pair in sorted(clear, key=lambda pair: abs(pair[1][6]))}
        ranked = sorted(farthest.values(), key=lambda pair: -abs(pair[1][6]))
        out = []
        for base, end in ranked[:_REFINED]:
            near, far = float(base[4]), float(end[4])
            for _ in range(_HALVINGS):
                key, label = base[1], base[2]
                overrides = self._at(key, (near + far) / 2.0)
                at = float(overrides[0][1])
                if at in (near, far):
                    break
                cells = side_cells((self.plan.baseline, alternative), overrides, 0, self.n)
                engine.expect(sum(cell.count for cell in cells))
                engine.ensure(cells)
                found = self._difference(engine, alternative, overrides)
                out.append((alternative, key, label, "between", at, self.plan.headline, *found[:4]))
                near, far = (near, at) if _is_clear(found[:3], least) else (at, far)
        return out

    @property
    def _compared(self) -> tuple[str, ...]:
        return self.plan.varied or (self.plan.baseline,)

    @property
    def _sides(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.plan.baseline, *self._compared)))

    def _overrides(self, entry: Any, end: str) -> Overrides:
        return self._at(entry.key, getattr(entry, end))

    def _at(self, key: str, value: float) -> Overrides:
        scenario = self.shelf.variant(self.plan.headline_alternative)
        return ((key, value_for(scenario, key, value)),)

    def _difference(self, engine: Engine, alternative: str, overrides: Overrides, is_base: bool = False) -> Interval:
        from_main = is_base and self.n_main >= self.n
        sides = tuple(dict.fromkeys((alternative, self.plan.baseline)))
        rows = {
            side: engine.main_rows(side, 0, self.n_main)[: self.n]
            if from_main
            else engine.side_rows(side, overrides, 0, self.n)
            for side in sides
        }
        moments = {side: raid_moments(self.shelf.variant(side, overrides).model) for side in sides}
        source = source_of_rows(rows, moments, self.plan.confidence)
        measure = find_measure(self.plan.headline)
        if len(sides) == 1:
            return estimate_measure(source, self.plan.baseline, measure)
        return compare_measure(source, alternative, self.plan.baseline, measure)


@dataclass(frozen=True)
class Sample:
    """All inputs sampled together, for what the answer speaks of; every point has replications of its own."""

    plan: Plan
    shelf: WorldShelf
    inputs: Sequence[Any]
    n_points: int
    n: int

    def points(self) -> np.ndarray:
        """Give the values of the inputs, (n_points, n_inputs)."""
        keys = [entry.key for entry in self.inputs]
        raw = spread_over(
            latin_hypercube(keys, self.n_points, self.plan.seed),
            [entry.low for entry in self.inputs],
            [entry.high for entry in self.inputs],
        )
        scenario = self.shelf.variant(self.plan.baseline)
        return np.array(
            [[value_for(scenario, key, value) for key, value in zip(keys, row)] for row in raw], dtype=float
        )

    def cells(self) -> list[Cell]:
        """Give the cells to be run, point by point."""
        found = []
        for i, point in enumerate(self.points()):
            found += side_cells(self._sides, self._overrides(point), i * self.n, (i + 1) * self.n)
        return found

    def table(self, engine: Engine) -> pa.Table:
        """Give the table `inputs`."""
        points = self.points()
        rows = [self._rows(engine, i, self._overrides(point)) for i, point in enumerate(points)]
        columns: dict[str, Any] = {"sample": np.arange(len(points)), "n": np.full(len(points), self.n)}
        further = []
        for axis, entry in enumerate(self.inputs):
            columns[entry.key] = points[:, axis]
            further.append(number(entry.key, "", entry.label or entry.key))
        headline = find_measure(self.plan.headline)
        for alternative in self._sides[1:]:
            name = f"difference:{alternative}"
            columns[name] = self._adjusted_differences(points, rows, alternative)
            further.append(number(name, headline.unit, f"{headline.name}: {alternative} minus baseline", nullable=True))
        for measure in all_measures().values():
            if measure.is_stored and measure.has_mean:
                values = np.array([measure(columns_of(point[self.plan.baseline])) for point in rows])
                columns[f"baseline:{measure.name}"] = values.mean(axis=1)
                columns[f"baseline_sd:{measure.name}"] = values.std(axis=1, ddof=1)
                further.append(number(f"baseline:{measure.name}", measure.unit, measure.meaning, nullable=True))
                further.append(
                    number(f"baseline_sd:{measure.name}", measure.unit, "standard deviation of that", nullable=True)
                )
        return STUDY_TABLES["inputs"].table(columns, tuple(further))

    @property
    def _sides(self) -> tuple[str, ...]:
        return (self.plan.baseline, *self.plan.varied)

    def _overrides(self, point: np.ndarray) -> Overrides:
        scenario = self.shelf.variant(self.plan.baseline)
        return tuple((entry.key, value_for(scenario, entry.key, value)) for entry, value in zip(self.inputs, point))

    def _rows(self, engine: Engine, i: int, overrides: Overrides) -> dict[str, np.ndarray]:
        return {side: engine.side_rows(side, overrides, i * self.n, (i + 1) * self.n) for side in self._sides}

    def _adjusted_differences(
        self, points: np.ndarray, rows: list[dict[str, np.ndarray]], alternative: str
    ) -> np.ndarray:
        """Mean paired difference at each point, (n_points,), rid of what the size of its raids explains.

        The few replications of a point cannot tell how the difference depends on the raid; all points together can.
        The slope is that within points, so that it owes nothing to the inputs.
        """
        measure = find_measure(self.plan.headline)
        pairs = [(measure(columns_of(row[alternative])), measure(columns_of(row[self.plan.baseline]))) for row in rows]
        differences = np.array([ours - theirs for ours, theirs in pairs])
        means = np.asarray(differences.mean(axis=1))
        controls = self._controls(points, rows)
        if controls is None or not np.isfinite(differences).all():
            return means
        centred = controls - controls.mean(axis=1, keepdims=True)
        flat = centred.reshape(-1, centred.shape[2])
        slope = np.linalg.lstsq(flat, (differences - means[:, None]).ravel(), rcond=None)[0]
        return np.asarray(means - controls.mean(axis=1) @ slope)

    def _controls(self, points: np.ndarray, rows: list[dict[str, np.ndarray]]) -> np.ndarray | None:
        """Controls of the baseline's raids, (n_points, n, 2), or None where a raid's moments are unknown."""
        found = []
        for point, row in zip(points, rows):
            moments = raid_moments(self.shelf.variant(self.plan.baseline, self._overrides(point)).model)
            controls = control_columns(columns_of(row[self.plan.baseline])["launched"], moments)
            if controls is None:
                return None
            found.append(controls)
        return np.array(found)


def inputs_interval(inputs: pa.Table, alternative: str, confidence: float = 0.95) -> tuple[float, float]:
    """Give the interval of the inputs: quantiles over the sampled points of the mean paired difference."""
    values = inputs.column(f"difference:{alternative}").to_numpy()
    low, high = np.nanquantile(values, [0.5 - confidence / 2.0, 0.5 + confidence / 2.0])
    return float(low), float(high)


def predictive_interval(inputs: pa.Table, measure: str, confidence: float = 0.95) -> tuple[float, float]:
    """Give the interval of one campaign of the baseline: quantiles over inputs and replications together.

    Each point stands for 64 campaigns, spread about its mean as a normal with its standard deviation.
    """
    from scipy.special import ndtri

    normal = ndtri((np.arange(_SLICES) + 0.5) / _SLICES)
    mean = inputs.column(f"baseline:{measure}").to_numpy()
    deviation = inputs.column(f"baseline_sd:{measure}").to_numpy()
    values = mean[:, None] + deviation[:, None] * normal
    low, high = np.nanquantile(values, [0.5 - confidence / 2.0, 0.5 + confidence / 2.0])
    return float(low), float(high)
