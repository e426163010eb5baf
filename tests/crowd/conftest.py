"""The server with faults."""

import pytest

from tests.crowd.crowds import Faulty


@pytest.fixture(scope="session")
def faulty(tmp_path_factory):
    with Faulty(tmp_path_factory.mktemp("faulty")) as server:
        yield server
