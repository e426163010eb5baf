"""The server that the hostile inputs go to: on uvloop, and where ``on_each_loop`` asks for it on asyncio's loop too."""

import pytest

from tests.hostile.raw import BEFORE, serving


@pytest.fixture(scope="session")
def uvloop_server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("uvloop"), BEFORE["uvloop"]) as served:
        yield served


@pytest.fixture(scope="session")
def asyncio_server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("asyncio"), BEFORE["asyncio"]) as served:
        yield served


@pytest.fixture(scope="session")
def server(request):
    return request.getfixturevalue(f"{getattr(request, 'param', 'uvloop')}_server")
