"""A fault of the inspector's own never reaches what it watches."""

import functools
import logging
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)


def harmless(record: Callable) -> Callable:
    """``record``, whose exceptions are logged instead of raised, the first of them: then it returns None."""
    failed = False

    @functools.wraps(record)
    def guarded(*arguments: Any, **options: Any) -> Any:
        nonlocal failed
        try:
            return record(*arguments, **options)
        except Exception:
            if not failed:
                logger.exception(
                    "The inspector couldn't record something. What it watches goes on."
                )
            failed = True
            return None

    return guarded
