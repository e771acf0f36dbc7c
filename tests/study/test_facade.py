"""`opendome.study(...)` runs a study whatever was imported before."""

from __future__ import annotations

import subprocess
import sys

import pytest

CALL = """
import opendome as od
try:
    od.study("no-such-scenario")
except od.base.errors.CommandError as error:
    print(error)
"""


@pytest.mark.parametrize(
    "before", ["", "import opendome.study", "import opendome.study.paired", "import opendome.study.runner"]
)
def test_the_function_is_there_whatever_was_imported_before(before: str) -> None:
    code = f"{before}\nimport opendome.base.errors\n{CALL}"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "there is no file and no example `no-such-scenario`" in found.stdout


def test_importing_the_package_brings_in_nothing_heavy() -> None:
    code = "import opendome.study, sys; print([m for m in ('numba', 'scipy', 'pyarrow', 'dask') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
