"""What is said is kept before anybody sees it: written by one writer, read again by whoever comes back."""

from functools import cache
from pathlib import Path

from chatdemo.chat.history.drafts import Draft, Kept
from chatdemo.chat.history.store import Store, iso, now
from chatdemo.chat.history.upkeep import Upkeep
from chatdemo.chat.history.writer import Writer

__all__ = ["Draft", "Kept", "iso", "keep", "now", "the_writer"]


@cache
def the_writer() -> Writer:
    """This process's, on Django's database."""
    from django.conf import settings

    name = settings.DATABASES["default"]["NAME"]
    if name == settings.DATABASE_URI:  # and not the database of a test that Django runs
        name = settings.DATABASE or name
    place = name if str(name).startswith("file:") else Path(name)
    config = settings.CHATDEMO
    return Writer(Store(place), Upkeep(place, config.keep_days, config.max_kept))


def keep(draft: Draft) -> None:
    """Have the draft kept; it hears what has become of it."""
    the_writer().put(draft)
