"""Daphne's HTTP, which answers what Twisted only hangs up on, and takes no orders from a client's headers."""

import asyncio

from daphne.http_protocol import HTTPFactory as DaphneHTTPFactory
from daphne.http_protocol import WebRequest as DaphneWebRequest
from twisted.web import http

#: Bytes of one line, and of all headers together; Twisted's 16 KiB would keep a long address from Django's page for it.
LONGEST = 65_536
#: Digits of a Content-Length. Python refuses to read a number of thousands, which Twisted doesn't expect.
LONGEST_LENGTH = 18
#: Octets that may wait for a client before its application has to, and seconds between two looks whether it has read.
MUCH, DRAIN = 512 * 1024, 0.005


class HTTPChannel(http.HTTPChannel):
    """One HTTP connection: a request that is too large for it gets an answer before the connection is closed."""

    MAX_LENGTH = totalHeadersSize = LONGEST

    def lineLengthExceeded(self, line: bytes) -> None:
        self.refuse(
            b"431 Request Header Fields Too Large",
            b"A line of the request is too long: shorten it.",
        )

    def headerReceived(self, line: bytes) -> bool:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length" and len(value.strip()) > LONGEST_LENGTH:
            self.refuse(
                b"400 Bad Request", b"The Content-Length of the request is too long to be one."
            )
            return False
        return super().headerReceived(line)

    def refuse(self, status: bytes, detail: bytes) -> None:
        """Answer with ``status`` and a sentence, and close the connection."""
        head = b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
        self.transport.write(head % (status, len(detail)) + detail)
        self.loseConnection()

    def let_go(self) -> None:
        """The connection is a WebSocket now. Without this it would keep the channel and its request: 5 KiB."""
        self._networkProducer.unregisterProducer()
        self.requests.clear()


class WebRequest(DaphneWebRequest):
    """One HTTP request, or the handshake of a WebSocket."""

    #: The page for what is wrong with a request before Django could see it.
    error_template = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>%(title)s</title><style>:root{color-scheme:light dark}body{max-width:44rem;margin:10vh auto;"
        "padding:1rem;font:1.2rem/1.5 system-ui,sans-serif}</style><h1>%(title)s</h1>"
        '<p>%(body)s</p><p><a href="/">chatdemo</a></html>'
    )

    def process(self) -> object:
        # Meant for a proxy in front of Daphne. There is none, so it could only be a client that moves our addresses.
        self.requestHeaders.removeHeader(b"daphne-root-path")
        if fault := self.find_fault():
            return self.basic_error(400, b"Bad Request", fault)
        processed = super().process()
        if (
            self.transport is None
        ):  # it is a WebSocket's; the caller goes on with the channel for a moment
            asyncio.get_running_loop().call_soon(self.channel.let_go)
        return processed

    async def drained(self) -> None:
        """Wait until the client has read of what it was sent, or is gone: a long response isn't kept for it as a whole.

        Twisted tells this to producers alone, and Daphne makes none of an application.
        """
        while (
            not self.finished
            and self.channel
            and getattr(self.channel.transport, "backlog", 0) > MUCH
        ):
            await asyncio.sleep(DRAIN)

    def handle_exception(self, exception: Exception) -> None:
        """The application has failed. Where its response has begun, all that can be told is that it isn't whole."""
        if (
            self._response_started
        ):  # Daphne would start another, and fail: from then on no failure is seen by anybody
            self.channel.loseConnection()
        else:
            super().handle_exception(exception)

    def find_fault(self) -> str | None:
        """What Twisted and Daphne let pass and the standards don't: RFC 9112, section 3.2; RFC 6455, section 4.2.1."""
        hosts = self.requestHeaders.getRawHeaders(b"host") or []
        if self.clientproto == b"HTTP/1.1" and not hosts:
            return "The request has no Host header, which HTTP/1.1 needs."
        if self.requestHeaders.hasHeader(b"upgrade") and (
            self.clientproto != b"HTTP/1.1" or len(hosts) > 1
        ):
            return "A WebSocket needs HTTP/1.1 and one Host header."
        return None


class HTTPFactory(DaphneHTTPFactory):
    """Makes the connections of a Daphne server, of the classes above."""

    protocol = HTTPChannel

    def buildProtocol(self, addr: object) -> HTTPChannel:
        channel = super().buildProtocol(addr)
        channel.requestFactory = WebRequest
        return channel
