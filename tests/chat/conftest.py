"""The embedded project in this process, with its database ready and nothing said in it."""

import pytest
from django.db import connection
from pytest_django.plugin import blocking_manager_key

from chatdemo.chat import history
from chatdemo.chat.models import Message, Room
from chatdemo.project import database, settings


@pytest.fixture(autouse=True)
def nothing_said(request):
    """The writer has a connection of its own, so a test's transaction would hide nothing and roll nothing back."""
    database.prepare(settings.DATABASE)
    with request.config.stash[blocking_manager_key].unblock():
        yield
        history.the_writer().store.close()
        history.the_writer.cache_clear()
        Message.objects.all().delete()
        Room.objects.all().delete()
        connection.close()
