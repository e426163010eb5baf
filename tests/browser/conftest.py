"""A real browser against a real server. Where there is no browser, these tests are skipped."""

import pytest

from tests.browser import find
from tests.browser.participant import enter, open_browser
from tests.support.served import TIMEOUT_SECONDS, Served


@pytest.fixture(scope="module")
def browser():
    """For all tests of a module: Playwright and a browser take a second of a core to start."""
    path = find.browser() or pytest.skip("there's no Chromium, Chrome or Edge on this machine")
    with open_browser(path) as browser:
        yield browser


@pytest.fixture
def new_context(browser):
    """Makes a browser context: a person's own cookies and windows. All are closed when the test ends."""
    contexts = []

    def new_context(**options):
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_SECONDS * 1000)
        return context

    yield new_context
    for context in contexts:
        context.close()


@pytest.fixture
def context(new_context):
    return new_context()


@pytest.fixture
def forgetful(tmp_path):
    """A server that keeps nothing of what is said."""
    with Served(tmp_path, CHATDEMO_HISTORY="false") as server:
        yield server


@pytest.fixture
def join(context, served):
    """``join("lobby")`` opens a tab in that room and returns its connected Participant."""
    return lambda room="lobby": enter(context, served.url, room)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server for all tests of a module, each of which has a room of its own."""
    with Served(tmp_path_factory.mktemp("house")) as server:
        yield server


@pytest.fixture
def meet(new_context, house, request):
    """``meet("Ada")`` opens the test's room in a browser of her own, and returns her as a connected Participant.

    ``beside`` is somebody in whose browser it is opened; ``url`` is another server's.
    """

    def meet(name="", room=request.node.name[:100], url=house.url, beside=None):
        participant = enter(beside.page.context if beside else new_context(), url, room)
        if name:
            participant.call_oneself(name)
        return participant

    return meet
