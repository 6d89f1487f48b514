"""Where a request begins and ends on the wire, and what its head says, by RFC 9110 and 9112.

Uvicorn reads four things otherwise. The body of a request that also wishes for another protocol is
taken for the next request (so Java's own client, which asks every plain server for HTTP/2, has its
bodies dropped, and somebody behind a proxy can hide a request in one). Trailers become headers,
which no proxy in front has looked at. The host of an absolute target is passed over for that of the
Host header. Blanks at the end of a header's value stay in it.
"""

import re
from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_AUTHORITY: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
_BLANKS: Final = frozenset({b" ", b"\t"})


class _Nowhere(list[tuple[bytes, bytes]]):
    """Takes the trailers of all connections and keeps none."""

    def append(self, _: tuple[bytes, bytes]) -> None:
        """Forget it."""


_NOWHERE: Final = _Nowhere()


class FramedProtocol(HttpToolsProtocol):
    """One connection whose requests are read as they were framed."""

    _wishes = False
    """Whether the head that was just read asks for another protocol: it is read again without."""

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except httptools.HttpParserError:
            said = "Invalid HTTP request received."
            self.logger.warning(said)
            self.send_400_response(said)

    def on_headers_complete(self) -> None:
        """Hand the request on, its head mended; what is called a header from now on is none."""
        if self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT":
            self._wishes = True
            return
        headers = self.headers
        for place, (name, value) in enumerate(headers):
            if value[-1:] in _BLANKS:
                headers[place] = name, value.rstrip(b" \t")
        if self.url[:1] != b"/":
            self._take_host_of_target()
        if self.expect_100_continue and self.parser.get_http_version() == "1.0":
            self.expect_100_continue = False  # it would take our word for the answer itself
        super().on_headers_complete()
        self.headers = _NOWHERE

    def on_message_complete(self) -> None:
        """End a request, or the first reading of its head."""
        if not self._wishes:
            super().on_message_complete()

    def _feed(self, data: bytes) -> None:
        """Parse what came; a wish for another protocol is left out, as a server may."""
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as wish:
                self._wishes = False
                data = self._head_without_wish() + data[wish.args[0] :]
            else:
                return

    def _head_without_wish(self) -> bytes:
        """Return the head that was just read, for the parser, which took it to have no body."""
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        lines += [b"%b: %b" % pair for pair in self.headers if pair[0] != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])

    def _take_host_of_target(self) -> None:
        """Let the host of an absolute target be the one asked for, whatever Host says."""
        found = _AUTHORITY.match(self.url)
        if found is not None:
            self.headers[:] = [
                (name, found[1] if name == b"host" else value) for name, value in self.headers
            ]
