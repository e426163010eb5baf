"""The server that the hostile inputs go to: on uvloop, and on asyncio's own event loop."""

import pytest

from tests.hostile.raw import serving


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def server(tmp_path_factory, request):
    with serving(tmp_path_factory.mktemp("hostile"), uvloop=request.param == "uvloop") as served:
        yield served
