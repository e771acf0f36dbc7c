"""One run of coastland for all tests of exchange formats."""

from __future__ import annotations

import pytest

from opendome.study.single import Run, run


@pytest.fixture(scope="session")
def recorded() -> Run:
    """Give a run with alerts and impacts."""
    found = run("coastland", seed=5, replication=1)
    assert found.table("warnings").num_rows > 10
    return found
