"""deploy/nginx.conf with a real nginx and TLS, in front of two servers and their Redis."""

import asyncio
import json
import shutil
import signal
import ssl
import subprocess
import sys
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.browser.part_4 import PartFour, start_chrome
from tests.promise.server import ROOM
from tests.promise.several import SeveralServers
from tests.promise.talk import talking
from tests.support.certificate import make_certificate
from tests.support.served import ROOT, TIMEOUT_SECONDS, Process, clean_environ, free_port, wait_for

CONF = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
#: The rest of nginx's configuration, with everything in a folder of the test.
MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    {temporary}
    include {folder}/chat.conf;
}}
"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
PEOPLE = 100


class Nginx(Process):
    """nginx with deploy/nginx.conf, for the servers at ``ports`` and the name localhost."""

    def __init__(self, folder: Path, program: str, ports: list[int]):
        self.folder, self.listening = folder, free_port()
        self.certificate, key = make_certificate(folder)
        changes = {
            "listen 443 ssl;": f"listen 127.0.0.1:{self.listening} ssl;",
            "chat.example.org;": "localhost;",
            "/etc/ssl/chat.example.org.pem": str(self.certificate),
            "/etc/ssl/chat.example.org.key": str(key),
            "127.0.0.1:8001": f"127.0.0.1:{ports[0]}",
            "127.0.0.1:8002": f"127.0.0.1:{ports[1]}",
        }
        conf = CONF
        for old, new in changes.items():
            assert old in conf
            conf = conf.replace(old, new)
        (folder / "chat.conf").write_text(conf, "utf-8")
        temporary = "\n".join(f"{name}_temp_path {folder}/{name};" for name in TEMPORARY)
        main = MAIN.format(folder=folder, temporary=temporary)
        (folder / "nginx.conf").write_text(main, "utf-8")
        super().__init__(
            folder, [program, "-p", folder, "-c", folder / "nginx.conf"], clean_environ(), True
        )

    @property
    def url(self) -> str:
        return f"https://localhost:{self.listening}/"

    @property
    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.certificate)

    def _await_ready(self) -> None:
        wait_for(self._answers, "nginx")

    ready = "nginx"

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.output
        try:
            return self.get().status == 200
        except urllib.error.HTTPError:
            return False
        except OSError:
            return False

    def get(self, path: str = "", **headers: str):
        request = urllib.request.Request(self.url + path, headers=headers)
        return urllib.request.urlopen(request, context=self.tls, timeout=TIMEOUT_SECONDS)

    def enter(self, **headers: str):
        url = f"wss://localhost:{self.listening}/ws/chat/{ROOM}/"
        origin = self.url.removesuffix("/")
        return connect(url, ssl=self.tls, origin=origin, additional_headers=headers, proxy=None)


def nginx_program() -> str:
    """The path of nginx. Skips a test where it isn't there."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    return found or pytest.skip("there's no nginx on this machine")


@pytest.fixture
def has_nginx(has_redis):
    return nginx_program()


@pytest.fixture(scope="class")
def through_nginx(request, has_redis, tmp_path_factory):
    """Gives a class of tests the address of nginx, in front of two servers."""
    folder = tmp_path_factory.mktemp("nginx")
    chat = SeveralServers(folder, 2, proxies="127.0.0.1")
    asyncio.run(chat.__aenter__())
    try:
        with Nginx(folder, nginx_program(), [server.port for server in chat.servers]) as nginx:
            request.cls.live_server_url = nginx.url.removesuffix("/")
            yield
    finally:
        asyncio.run(chat.__aexit__())


@pytest.mark.usefixtures("through_nginx")
class TestPartFour(PartFour, unittest.TestCase):
    """The browser tests of the tutorial, through nginx with TLS."""

    @classmethod
    def setUpClass(cls):
        cls.chrome = start_chrome("--ignore-certificate-errors")
        cls.addClassCleanup(cls.chrome.quit)


def test_pages_and_websockets_go_through_it_and_it_says_who_the_client_is(
    has_nginx, tmp_path, monkeypatch
):
    async def run():
        async with SeveralServers(tmp_path, 2, proxies="127.0.0.1") as chat:
            with Nginx(tmp_path, has_nginx, [server.port for server in chat.servers]) as nginx:
                await asyncio.to_thread(check, nginx)
                with chat.client() as client:
                    assert client.hlen("chatdemo:servers") == 2

    def check(nginx):
        with nginx.get("chat/lobby/") as page:
            body = page.read().decode()
            assert 'id="chat-log"' in body and "wss://" in page.headers["Content-Security-Policy"]
        # nginx forwards what this machine asks for: nobody behind a proxy is this machine.
        for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}):
            with pytest.raises(urllib.error.HTTPError) as caught:
                nginx.get("chat/lobby/transcript/", **headers)
            caught.value.close()
            assert caught.value.code == 404
        crowd = [sys.executable, "-m", "chatdemo", "crowd", f"{nginx.url}chat/lobby/"]
        crowd += ["--people", "20", "--for", "2"]
        environ = {**clean_environ(), "SSL_CERT_FILE": str(nginx.certificate)}
        done = subprocess.run(crowd, capture_output=True, text=True, env=environ, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        with nginx.enter() as ana, nginx.enter() as ben:
            ana.send(json.dumps({"message": "hello"}))
            heard = [json.loads(end.recv(TIMEOUT_SECONDS)) for end in (ana, ben)]
            assert heard[0] == heard[1] and heard[0]["message"] == "hello"

    asyncio.run(run())


async def test_each_server_is_killed_and_started_while_all_talk_and_nothing_is_lost(
    has_nginx, tmp_path, monkeypatch
):
    async with SeveralServers(tmp_path, 2, proxies="127.0.0.1") as chat:
        ports = [server.port for server in chat.servers]
        nginx = await asyncio.to_thread(Nginx(tmp_path, has_nginx, ports).__enter__)
        try:
            monkeypatch.setenv("SSL_CERT_FILE", str(nginx.certificate))
            url = f"wss://localhost:{nginx.listening}/ws/chat/{ROOM}/"
            async with talking(chat, PEOPLE, 4.0, in_order=False, url=url) as room:
                for server in chat.servers:
                    await server.end(signal.SIGKILL)
                    await room.recovers()
                    await server.start()
                    await room.recovers()
        finally:
            await asyncio.to_thread(nginx.__exit__)
