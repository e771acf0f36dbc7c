"""The verb calibrate: what it prints, keeps and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from opendome.cli.main import main


def test_it_prints_prior_beside_posterior_and_keeps_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["calibrate", "--campaigns", "2006-07,2018", "--sweeps", "40", "--out", str(tmp_path)])
    assert left.value.code in (0, None)
    told = capsys.readouterr().out
    assert "Fitted to 2 campaigns: 2006-07, 2018" in told
    assert "supposed" in told and "follows" in told and "R-hat" in told
    line = next(line for line in told.splitlines() if line.split()[:1] == ["2006-07"])
    assert line.split()[-1] == "-"  # nobody shot in 2006
    names = {path.name for path in tmp_path.iterdir()}
    assert names >= {"calibration.parquet", "calibration_draws.parquet", "manifest.json", "overrides.yaml"}


def test_json_has_everything(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["calibrate", "--campaigns", "2018,2012-11", "--sweeps", "40", "--seed", "7", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["campaigns"] == ["2018", "2012-11"] and found["settings"]["seed"] == 7
    assert {"r_hat", "effective_size", "calibration", "overrides"} <= set(found)
    for entry in found["overrides"].values():
        assert entry["low"] < entry["median"] < entry["high"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--sweeps", "10"], "--sweeps must be 40 or more, not 10"),
        (["--campaigns", "2012-12"], "2012-1"),
        (["--campaigns", ","], "no campaign is named; choose from 2006-07"),
    ],
)
def test_what_cannot_be_done_is_told(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["calibrate", *words])
    assert left.value.code == 2
    assert told in capsys.readouterr().err
