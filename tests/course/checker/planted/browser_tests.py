"""Faults of step 7, `tests`."""

from tests.course.checker.planted.plant import CONSUMER_TESTS, SETTINGS, TESTS, Plant

DJANGO_TESTS = """from django.test import LiveServerTestCase


class ChatTests(LiveServerTestCase):
    def test_it(self):
        self.client.get("/chat/")
"""

COMMUNICATOR = """\
from channels.testing import WebsocketCommunicator
from django.test import SimpleTestCase

from chat.consumers import ChatConsumer


class ChatTests(SimpleTestCase):
    async def test_connect(self):
        communicator = WebsocketCommunicator(ChatConsumer.as_asgi(), "/ws/chat/lobby/")
        assert (await communicator.connect())[0]
"""
PLANTS = [
    Plant(
        "Django's test case, imported",
        "tests",
        TESTS,
        None,
        DJANGO_TESTS,
        "C704",
        "no WebSockets",
        without=CONSUMER_TESTS,
    ),
    Plant(
        "tests without a test",
        "tests",
        TESTS,
        "def test_",
        "def check_",
        "C701",
        without=CONSUMER_TESTS,
    ),
    Plant(
        "a database in memory",
        "tests",
        SETTINGS,
        '"NAME": BASE_DIR / "test.sqlite3"',
        '"NAME": None',
        "C702",
    ),
    Plant(
        "a test that fails",
        "tests",
        TESTS,
        'assertNotIn("hello"',
        'assertIn("hello"',
        "C703",
        "AssertionError",
    ),
    Plant(
        "a consumer without its route",
        "tests",
        TESTS,
        None,
        COMMUNICATOR,
        "C705",
        "chat/tests.py:9",
    ),
    Plant(
        "the class for its application",
        "tests",
        TESTS,
        None,
        COMMUNICATOR.replace("ChatConsumer.as_asgi()", "ChatConsumer"),
        "C303",
        "chat/tests.py:9",
    ),
]
