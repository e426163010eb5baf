"""Runs of the crowd against a server with TLS and a private certificate."""

import re
import sys
from pathlib import Path

import pytest

from tests.crowd.crowds import Burst, Finished, refused
from tests.support.served import Process, clean_environ

SERVER = Path(__file__).with_name("serve_tls.py")


class Secure(Process):
    """On localhost, with a certificate for ``host``."""

    ready = "https://"

    def __init__(self, folder: Path, host: str):
        super().__init__(folder, [sys.executable, str(SERVER), host], clean_environ())
        self.certificate = str(folder / "cert.pem")

    @property
    def url(self) -> str:
        return re.search(r"https://\S+/", self.output)[0]


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    with Secure(tmp_path_factory.mktemp("secure"), "localhost") as server:
        yield server


def test_a_trusted_certificate_passes(secure, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", secure.certificate)
    run = Finished(secure.url, Burst(3))
    assert (run.exit_code, run.figures("delivered")) == (0, ["30"]), run.output


def test_an_unknown_certificate_is_refused_with_how_to_trust_it(secure):
    error = refused(secure.url)
    assert error.message.startswith("No WebSocket at wss://localhost:")
    assert re.search(r"/: TLS failed \(self.signed certificate\)\.$", error.message)
    assert "set SSL_CERT_FILE." in error.hint


def test_a_certificate_for_another_name_is_refused(tmp_path, monkeypatch):
    with Secure(tmp_path, "example.org") as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.certificate)
        assert re.search(r"TLS failed \(Hostname mismatch, .*\)\.$", refused(server.url).message)


def test_http_where_there_is_tls_asks_for_https(secure):
    assert "Is it https:// perhaps?" in refused(secure.url.replace("https", "http")).hint
