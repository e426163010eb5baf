"""Runs of the crowd against a server with TLS, whose certificate is one of its own."""

import re
import sys
from pathlib import Path

import pytest

from tests.crowd.crowds import finished, told
from tests.support.served import Process, clean_environ

SERVER = Path(__file__).with_name("serve_tls.py")


class Secure(Process):
    """On localhost, with a certificate for ``host``."""

    ready = "https://"

    def __init__(self, folder: Path, host: str):
        super().__init__(folder, [sys.executable, str(SERVER), host], clean_environ())
        self.trusted = {"SSL_CERT_FILE": str(folder / "cert.pem")}

    @property
    def url(self) -> str:
        return re.search(r"https://\S+/", self.output)[0]


@pytest.fixture
def secure(tmp_path):
    with Secure(tmp_path, "localhost") as server:
        yield server


def test_a_certificate_that_is_trusted_passes(tmp_path, secure):
    crowd = finished(
        tmp_path, secure.url, "--people", "3", "--for", "4", "--rate", "2.5", **secure.trusted
    )
    assert "at wss://localhost:" in crowd.output and crowd.figure("delivered") == "30"


def test_one_that_is_not_is_refused_with_how_to_trust_it(tmp_path, secure):
    crowd = told(finished(tmp_path, secure.url, code=1))
    assert (
        "/: TLS failed (certificate verify failed)." in crowd
        and "set SSL_CERT_FILE to its file." in crowd
    )


def test_one_for_another_name_is_refused(tmp_path):
    with Secure(tmp_path, "example.org") as server:
        crowd = finished(tmp_path, server.url, code=1, **server.trusted)
    assert "/: its certificate is for another name." in told(crowd)


def test_http_where_there_is_tls_asks_for_https(tmp_path, secure):
    assert "Is it https:// perhaps?" in told(
        finished(tmp_path, secure.url.replace("https", "http"), code=1)
    )
