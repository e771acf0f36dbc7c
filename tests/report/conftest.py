"""Study folders for the report's tests, made once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from opendome.report.background import Background, background_of
from opendome.report.content import content_of
from opendome.report.folder import StudyFolder, read_folder
from opendome.report.model import Content
from tests.report.synthetic import Builder


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
