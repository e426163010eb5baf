"""The embedded project in this process, with its database ready and nothing said in it."""

from dataclasses import replace
from functools import cache

import pytest
from django.apps import apps
from django.db import connection
from pytest_django.plugin import blocking_manager_key

from chatdemo.chat.apps import open_message_log
from chatdemo.chat.connection_limits import ConnectionLimits
from chatdemo.chat.models import Message, Room
from chatdemo.project import database, settings

ROOMS = apps.get_app_config("chat").rooms


@cache
def ready():
    """Once: to open and close a database's file besides SQLite takes the locks of this process's connections away
    (https://www.sqlite.org/howtocorrupt.html, section 2.2), and ``prepare`` looks into it.
    """
    database.prepare(settings.DATABASE)


@pytest.fixture(autouse=True)
def no_rate(monkeypatch):
    """What one person may say in a second is limited where that is the subject."""
    monkeypatch.setattr("django.conf.settings.CHATDEMO", replace(settings.CHATDEMO, max_rate=0))


@pytest.fixture(autouse=True)
def nobody_there():
    """Rooms that another test has left belong to its event loop."""
    ROOMS._rooms.clear()
    ROOMS.limits = ConnectionLimits()


@pytest.fixture(autouse=True)
def nothing_said(request):
    """The writer has a connection of its own, so a test's transaction would hide nothing and roll nothing back."""
    ready()
    # On the database that pytest-django may have created meanwhile.
    log = ROOMS.log = open_message_log()
    with request.config.stash[blocking_manager_key].unblock():
        yield
        log.writer.close()
        Message.objects.all().delete()
        Room.objects.all().delete()
        connection.close()
