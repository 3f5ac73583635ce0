"""A support desk for all tests of this folder that only use it; each puts back what it changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.desk import Desk, desk


@pytest.fixture(scope="package")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("desk")) as made:
        yield made


@pytest.fixture(scope="package")
def sam(staffed: Desk) -> Iterator[TestClient]:
    with staffed.client("sam") as client:
        yield client
