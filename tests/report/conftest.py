"""Study folders for the report's tests, made once a session."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from synthetic import Builder  # noqa: E402

from opendome.report.background import Background, background_of  # noqa: E402
from opendome.report.content import content_of  # noqa: E402
from opendome.report.folder import StudyFolder, read_folder  # noqa: E402
from opendome.report.model import Content  # noqa: E402


@pytest.fixture(scope="session")
def full_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Builder(tmp_path_factory.mktemp("full"), n=200).write()


@pytest.fixture(scope="session")
def study(full_folder: Path) -> StudyFolder:
    return read_folder(full_folder)


@pytest.fixture(scope="session")
def background(study: StudyFolder) -> Background:
    return background_of(study)


@pytest.fixture(scope="session")
def content(study: StudyFolder, background: Background) -> Content:
    return content_of(study, background)
