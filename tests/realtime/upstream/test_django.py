"""What is used of Django's autoreloader is there, and means what realtime/upstream/django.py says."""

from pathlib import Path

from chatdemo.chat import views
from chatdemo.realtime.upstream.django import WatchedFiles

CHAT = Path(views.__file__).parent


def test_modules_and_templates_are_watched():
    watched = set(WatchedFiles())
    assert {CHAT / "views.py", CHAT / "templates" / "chat" / "room.html"} <= watched


def test_a_template_can_be_read_again_and_a_module_cannot():
    watched = WatchedFiles()
    assert watched.reread(CHAT / "templates" / "chat" / "room.html")
    assert not watched.reread(CHAT / "views.py")
