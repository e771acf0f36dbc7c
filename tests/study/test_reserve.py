"""Reserve shares on the same raids: against studies of their own, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from opendome.base.errors import CommandError
from opendome.results.schema import validate
from opendome.results.store import read_table
from opendome.scenario.reader import load
from opendome.study.reserve import late_from_day, reserve_study
from opendome.study.runner import study
from opendome.study.supply import daily_of


def test_each_share_is_a_study_of_its_own_and_parts_add_up(tmp_path: Path) -> None:
    scenario = load("coastland").alternative("as-is")
    found = reserve_study(scenario, (0.0, 0.3), replications=12, seed=2, out=tmp_path / "study")
    table = read_table(tmp_path / "study" / "reserve.parquet")
    validate(table, "reserve")
    rows = {(row["reserve_share"], row["measure"]): row for row in table.to_pylist()}
    alone = {
        share: daily_of(
            study(scenario.override({"doctrine.reserve_share": share}), replications=12, seed=2, extras=False), "as-is"
        )
        for share in (0.0, 0.3)
    }
    assert found.late_from_day == late_from_day(3) == 2
    for share, daily in alone.items():
        late = daily.leaked[:, -1] - daily.leaked[:, 2]
        assert rows[share, "leaks_late"]["value"] == pytest.approx(late.mean())
        assert rows[share, "held_for_late"]["value"] == pytest.approx(daily.held[:, 2].mean())
        parts = rows[share, "leaks_before"]["value"] + rows[share, "leaks_late"]["value"]
        assert parts == pytest.approx(rows[share, "leaks_in_all"]["value"])
    held = alone[0.3].held[:, 2] - alone[0.0].held[:, 2]
    assert rows[0.3, "held_for_late"]["difference"] == pytest.approx(held.mean())
    assert rows[0.3, "held_for_late"]["low"] < np.mean(held) < rows[0.3, "held_for_late"]["high"]


@pytest.mark.parametrize(
    ("shares", "what"),
    [((0.0,), "two shares or more"), ((0.0, 0.0), "must differ"), ((0.0, 1.5), "1.5 is not from 0 to 1")],
)
def test_what_cannot_be_is_refused(shares: tuple[float, ...], what: str) -> None:
    with pytest.raises(CommandError, match=what):
        reserve_study(load("coastland").alternative("as-is"), shares, replications=4)
