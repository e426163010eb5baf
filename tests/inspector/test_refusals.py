"""Why a connection was refused, in words that name what to write."""

import pytest
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path, re_path

from chatdemo.inspector import call_stack, refusals


async def application(scope, receive, send):
    """It is never called: no route leads to it."""


async def explain(routes, address: str) -> tuple[str, str | None]:
    scope = {"type": "websocket", "path": address}
    try:
        await URLRouter(routes)(scope, None, None)
    except ValueError as error:
        return refusals.explain_routing(error, address)
    raise AssertionError("a route leads there")


async def test_the_routes_of_inner_routers_are_listed_whole():
    inner = URLRouter([path("a/", application), re_path(r"b/(?P<name>\w+)/$", application)])
    reason, remedy = await explain([path("ws/", application), path("ws/in/", inner)], "/wx/")
    assert r"are: ws/, ws/in/a/, ws/in/b/(?P<name>\w+)/$." in reason and remedy is None


@pytest.mark.parametrize("address", ["/ws/in/c", "/ws/in/c/", "//ws/in/a"])
async def test_a_router_that_matches_the_beginning_is_no_near_miss(address):
    _, remedy = await explain([path("ws/in/", URLRouter([path("a/", application)]))], address)
    assert remedy is None


async def test_a_slash_at_the_end_is_a_near_miss():
    _, remedy = await explain([path("ws/a/", application)], "/ws/a")
    assert remedy == "/ws/a/, with a slash at its end, would match ws/a/."


def test_hosts_that_an_empty_setting_allows_stay_allowed(settings):
    settings.DEBUG, settings.ALLOWED_HOSTS = True, []
    allowed = AllowedHostsOriginValidator(application).allowed_origins
    reason, remedy = refusals._explain_origin("http://other.example", allowed)
    assert "With DEBUG, an empty ALLOWED_HOSTS allows 'localhost'" in reason
    assert remedy.endswith("'127.0.0.1', '[::1]', 'other.example'].")


@pytest.mark.parametrize(
    "file",
    ["msgpack/_packer.pyx", "<frozen runpy>", call_stack.__file__, "chatdemo/own_project/x.py"],
)
def test_no_line_of_these_files_is_the_applications(file, monkeypatch):
    monkeypatch.chdir(call_stack._CHATDEMO.rpartition("chatdemo")[0])
    call_stack.is_framework.cache_clear()
    assert call_stack.is_framework(file)
