"""The verb that trains: what it refuses before anything is set up, and what it says of each seat."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def test_an_unknown_name_is_refused_with_the_nearest(call: Any) -> None:
    found = call("train", "tutoril", "--no-open")
    assert found.code == 2
    assert "did you mean `tutorial`" in found.err


def test_every_address_is_no_address(call: Any) -> None:
    found = call("train", "tutorial", "--no-open", "--host", "0.0.0.0")
    assert found.code == 2
    assert "give the one by which others call this machine" in found.err


def test_each_seat_has_an_address_of_its_own() -> None:
    command = [sys.executable, "-m", "opendome.cli.main", "train", "two-seats", "--no-open", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        text = ""
        while not text.rstrip().endswith("}"):
            line = running.stdout.readline()
            assert line, "it ended without a word"
            text += line
        running.terminate()
    seats = json.loads(text)
    assert list(seats) == ["North", "South", "Instructor"]
    assert len(set(seats.values())) == len(seats)
    assert all(address.startswith("http://127.0.0.1:") and "#t=" in address for address in seats.values())
