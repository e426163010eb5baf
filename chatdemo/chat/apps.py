"""The chat as a Django app."""

from functools import cached_property
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings

from chatdemo.chat.member_exchange import MemberExchange, NoExchange
from chatdemo.chat.message_log import MessageLog, NoMessageLog
from chatdemo.chat.room import Rooms
from chatdemo.chat.stored_rooms import StoredRooms


class ChatConfig(AppConfig):
    """Owns the rooms of this process: ``apps.get_app_config("chat").rooms``.

    ``stored_rooms`` are those that the database has.
    """

    name = "chatdemo.chat"

    @cached_property
    def rooms(self) -> Rooms:
        """The rooms, with the message log that the settings ask for."""
        return Rooms(open_message_log(), open_exchange())

    @property
    def stored_rooms(self) -> StoredRooms:
        """What is stored of all rooms, also with the setting ``history = false``."""
        if settings.CHATDEMO.redis:
            from chatdemo.chat.redis_stored_rooms import RedisStoredRooms

            return RedisStoredRooms(settings.CHATDEMO.redis)
        from chatdemo.chat.sqlite_stored_rooms import SQLiteStoredRooms

        return SQLiteStoredRooms(django_database())


def open_exchange() -> MemberExchange:
    """Return the exchange of members with other servers, if the settings name a Redis server."""
    if not settings.CHATDEMO.redis:
        return NoExchange()
    from chatdemo.chat.redis_member_exchange import RedisMemberExchange

    return RedisMemberExchange(settings.CHATDEMO.redis, settings.SECRET_KEY)


def open_message_log() -> MessageLog:
    """Return the message log in Redis or on Django's database, or one that stores nothing."""
    config = settings.CHATDEMO
    if not config.history:
        return NoMessageLog()
    if config.redis:
        from chatdemo.chat.redis_message_log import RedisMessageLog
        from chatdemo.chat.redis_retention import RedisRetention

        return RedisMessageLog(
            config.redis, RedisRetention(config.redis, config.keep_days, config.max_kept)
        )
    # These import the models, which is possible once all apps are loaded.
    from chatdemo.chat.retention import Retention
    from chatdemo.chat.sqlite_message_log import SQLiteMessageLog
    from chatdemo.chat.sqlite_writer import SQLiteWriter

    retention = Retention(django_database, config.keep_days, config.max_kept)
    return SQLiteMessageLog(SQLiteWriter(django_database), retention)


def django_database() -> Path | str:
    """Return the path of Django's database, or its URI if it is in memory."""
    name = settings.DATABASES["default"]["NAME"]
    if name == settings.DATABASE_URI:  # and not a test's, which Django has created
        name = settings.DATABASE or name
    return name if str(name).startswith("file:") else Path(name)
