"""Step 3: a consumer that accepts the room's WebSocket and answers."""

import ast

from channels.consumer import AsyncConsumer

from chatdemo.course.checker import routes, silence
from chatdemo.course.checker.causes.consumer import plain_in_async
from chatdemo.course.checker.causes.routing import no_room_name, no_websocket, not_as_asgi
from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.project import Project
from chatdemo.course.checker.sources import FUNCTIONS

LETS_ANYONE_IN = (
    "A page of any other site can open your WebSockets too: AllowedHostsOriginValidator(...) round AuthMiddlewareStack "
    "keeps it out."
)


def websockets_are_routed(project: Project) -> None:
    mapping = routes.mapping(project.application)
    if mapping is not None and "websocket" not in mapping:
        raise no_websocket(project, f"it maps {', '.join(map(repr, mapping)) or 'nothing'}")


def the_rooms_address_has_a_route(project: Project) -> None:
    found = project.websocket_routes
    if not found:
        return
    place = project.sources.search_all(r"websocket_urlpatterns|URLRouter\(\s*\[")
    fitting = routes.matches(found)
    if not fitting:
        route = found[0]
        raise Fault(
            "C302",
            _route_place(project) or place,
            pattern=routes.written(route),
            why=routes.why_unmatched(route),
        )
    route, *more = [match.route for match in fitting]
    if more:
        raise Fault(
            "C318",
            _route_place(project) or place,
            one=routes.written(route),
            other=routes.written(more[0]),
        )
    if (
        isinstance(route.callback, type | AsyncConsumer)
        or getattr(route.callback, "__name__", "") == "as_asgi"
    ):
        raise not_as_asgi(project, "the route leads to something else")
    if "room_name" in route.default_args:
        raise Fault("C323", _route_place(project) or place, name=route.default_args["room_name"])
    if not fitting[0].named:
        raise no_room_name(project, "the pattern names no part of the address")
    if routes.matches(found, "ws/chat/lobby/and/more/"):
        raise Fault("C314", _route_place(project) or place, pattern=routes.written(route))


def _route_place(project: Project):
    return project.sources.search_all(r"path\(\s*r?['\"][^'\"]*ws") or project.sources.search_all(
        r"^\s*r?['\"]\^?/?ws/"
    )


async def the_consumer_fits_its_base(project: Project) -> None:
    await project.set_up_layer()
    fault = plain_in_async(project) or _twice(project)
    if fault:
        raise fault


def _twice(project: Project) -> Fault | None:
    """A method that the class has two of: Python takes the latter."""
    for file in project.sources.python:
        for node in ast.walk(project.sources.tree(file)):
            if (
                isinstance(node, ast.ClassDef)
                and project.consumer
                and node.name == project.consumer.__name__
            ):
                names = [method.name for method in node.body if isinstance(method, FUNCTIONS)]
                for method in node.body:
                    if (
                        isinstance(method, FUNCTIONS)
                        and names.count(method.name) > 1
                        and not method.decorator_list
                    ):
                        return Fault("C319", Place(file, method.lineno), method=method.name)
    return None


async def a_message_comes_back(project: Project) -> None:
    person = project.participant("lobby")
    if not await person.connect():
        raise silence.refused(project, person)
    await person.say("hello")
    if not await person.hears("hello"):
        raise silence.unanswered(project, person)
    await person.leave()
    fault = silence.goodbye(project, [person])
    if fault:
        raise fault


async def pages_of_other_sites(project: Project) -> None:
    """No fault, as the chat works; but worth a word."""
    stranger = project.participant("lobby", origin="https://another.example")
    if await stranger.connect():
        project.notes.append(LETS_ANYONE_IN)
    await stranger.leave()


CHECKS = [
    websockets_are_routed,
    the_rooms_address_has_a_route,
    the_consumer_fits_its_base,
    a_message_comes_back,
    pages_of_other_sites,
]
