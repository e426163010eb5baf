"""What is between the server and the consumer: the router, the routes, the middleware."""

import re

from chatdemo.course.checker import routes
from chatdemo.course.checker.causes.exceptions import Rule, says, shown
from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.project import Project
from chatdemo.course.checker.sources import guess


def _outside_in(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """What stands round the consumers is put together wrongly."""
    if re.search(r"Middleware\w*' object is not iterable", str(error)):
        return Fault("C324", place or project.sources.search(project.asgi_file, r"URLRouter\("))
    if says(error, "'list' object is not callable") and not place:
        return Fault(
            "C327", project.sources.search(project.asgi_file, "websocket_urlpatterns|websocket")
        )
    if says(error, "include() is not supported in URLRouter"):
        return Fault("C325", project.sources.search_all(r"include\(") or place)
    found = re.match(r"(\w+)\.__call__\(\) (?:takes|missing)", str(error))
    if isinstance(error, TypeError) and found:
        where = project.sources.search_all(rf"class {found[1]}\b")
        return Fault("C321", where, name=found[1]) if where else None
    return None


def _no_user(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if (
        isinstance(error, KeyError)
        and error.args
        and error.args[0] in ("user", "session", "cookies")
    ):
        where = project.sources.search(project.asgi_file, "websocket")
        return Fault("C320", where, key=error.args[0], line=project.sources.line(place), used=place)
    return None


def _no_websocket(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if says(error, "No application configured for scope type 'websocket'") or says(
        error, "not websocket"
    ):
        return no_websocket(project, shown(error))
    if says(error, "No application configured for scope type 'http'"):
        return Fault(
            "C107",
            project.sources.search(project.asgi_file, "ProtocolTypeRouter\\("),
            error=shown(error),
        )
    return None


def no_websocket(project: Project, seen: str) -> Fault:
    keys = routes.mapping(project.application) or {}
    place = project.sources.search(project.asgi_file, r"ProtocolTypeRouter\(|application\s*=")
    return Fault("C301", place, error=seen, guess=guess("websocket", keys, " It has {!r}."))


def _no_room_name(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    line = project.sources.line(place)
    if isinstance(error, KeyError) and "kwargs" in line:
        return no_room_name(project, shown(error))
    return None


def no_room_name(project: Project, seen: str) -> Fault:
    patterns = [routes.written(route) for route in project.websocket_routes]
    place = project.sources.search_all(r"re_path\(|[^e]path\(\s*r?['\"]/?\^?ws")
    return Fault("C304", place, error=seen, pattern=patterns[0] if patterns else "")


def _not_as_asgi(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if says(error, "__init__() takes", "but 4 were given") or says(error, "__call__() missing"):
        return not_as_asgi(project, shown(error))
    return None


def not_as_asgi(project: Project, seen: str) -> Fault:
    name = project.consumer.__name__ if project.consumer else "Consumer"
    return Fault(
        "C303", project.sources.search_all(rf"path\(.*{name}|{name}\s*\)"), name=name, error=seen
    )


#: Asked in this order; the first that knows the exception answers.
RULES: list[Rule] = [_outside_in, _no_user, _no_websocket, _no_room_name, _not_as_asgi]
