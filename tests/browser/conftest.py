"""A real browser against a real server. Where there is no browser, these tests are skipped.

The browser and the server ``house`` start once in a process of the tests, and each test has a room of its own. A test
that stops, locks or configures its server uses ``served``, or a ``Served`` that it makes.
"""

import itertools

import pytest

from tests.browser import find
from tests.browser.participant import enter, open_browser
from tests.support.served import TIMEOUT_SECONDS, Served

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def browser():
    path = find.page_browser() or pytest.skip("there's no Chromium, Chrome or Edge on this machine")
    with open_browser(path) as browser, pytest.MonkeyPatch.context() as patch:
        # Playwright's event loop runs in this thread, where Django refuses to use a database otherwise.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
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
        for page in context.pages:  # a handler that still runs would fail, in the next test
            page.unroute_all(behavior="ignoreErrors")
        context.close()


@pytest.fixture
def context(new_context):
    return new_context()


@pytest.fixture(scope="package")
def house(tmp_path_factory):
    """The server for all tests that leave it as it is. A module can have another one."""
    with Served(tmp_path_factory.mktemp("house")) as server:
        yield server


@pytest.fixture(scope="package")
def forgetful(tmp_path_factory):
    """A server that stores no messages."""
    with Served(tmp_path_factory.mktemp("forgetful"), CHATDEMO_HISTORY="false") as server:
        yield server


@pytest.fixture
def room():
    """A room that no other test uses."""
    return f"room_{next(_numbers)}"  # of letters that every step takes


@pytest.fixture
def printed(house):
    """``printed()`` is what the server has printed since the test began."""
    before = len(house.lines)
    return lambda: "".join(house.lines[before:])


@pytest.fixture
def join(context, house, room):
    """``join()`` opens the test's room, or another one, in a new tab and returns its connected Participant."""
    return lambda name=room: enter(context, house.url, name)


@pytest.fixture
def meet(new_context, house, room):
    """``meet("Ada")`` opens the test's room in a browser of her own, and returns her as a connected Participant.

    ``beside`` is a Participant in whose browser it is opened; ``url`` is another server's.
    """

    def meet(name="", room=room, url=house.url, beside=None):
        participant = enter(beside.page.context if beside else new_context(), url, room)
        if name:
            participant.answer(name)
        return participant

    return meet
