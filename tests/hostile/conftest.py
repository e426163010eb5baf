"""The server that the hostile inputs go to."""

import pytest

from tests.hostile.raw import serving


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("hostile")) as served:
        yield served
