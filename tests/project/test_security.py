"""Which hosts and origins are this server's."""

from urllib.parse import urlparse

import pytest
from django.conf import settings

from chatdemo.project.security import AllowedHostsOriginValidator, AllowOwnAddresses, as_host


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::1", "[::1]"),
        ("fe80::1%eth0", "[fe80::1]"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
    ],
)
def test_an_address_is_written_as_a_browser_does(address, host):
    assert as_host(address) == host


async def test_the_address_that_a_connection_arrives_at_is_ours_from_then_on(monkeypatch):
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["localhost"])
    seen = []

    async def application(scope, receive, send):
        seen.append(list(settings.ALLOWED_HOSTS))

    wrapped = AllowOwnAddresses(application)
    for server in (["192.0.2.7", 8000], ["192.0.2.7", 8000], None):
        await wrapped({"type": "http", "server": server}, None, None)
    assert seen == [["localhost", "192.0.2.7"]] * 3


@pytest.mark.parametrize(
    ("origin", "valid"),
    [
        (None, True),  # no browser: a script
        ("http://localhost:8000", True),
        ("https://192.0.2.7", True),
        ("http://evil.example", False),
        ("http://localhost.evil.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_a_page_of_another_site_has_no_valid_origin(monkeypatch, origin, valid):
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["localhost", "192.0.2.7"])
    validator = AllowedHostsOriginValidator(None)
    assert validator.valid_origin(origin if origin is None else urlparse(origin)) is valid
