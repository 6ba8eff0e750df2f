"""A way to the schema registry on which a test can make everything go wrong that goes wrong with registries."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REGISTRY_JSON = "application/vnd.schemaregistry.v1+json"


@dataclasses.dataclass
class Switches:
    """status:   the answer to everything, with a page as of a proxy
    delay:    seconds before each answer
    hidden:   ids that the registry says it does not know
    guids:    schemas have GUIDs, where the registry itself has none
    """

    status: int = 0
    delay: float = 0
    hidden: set[int] = dataclasses.field(default_factory=set)
    guids: bool = False


class FaultProxy:
    """url:       for the service
    switches:  may be changed at any time
    asked:     paths in the order in which they were asked for
    """

    def __init__(self, registry_url: str) -> None:
        self._registry = urllib.parse.urlsplit(registry_url)
        self.switches = Switches()
        self.asked: list[str] = []
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.back()
        self.url = f"http://127.0.0.1:{self._port}{self._registry.path}"

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.away()

    def away(self) -> None:
        """Nobody listens."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def back(self) -> None:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                proxy._answer(self)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        self.asked.append(request.path)
        time.sleep(self.switches.delay)
        status, content, kind = self._reply(request, body)
        with contextlib.suppress(OSError):  # who asked may have given up
            request.send_response(status)
            request.send_header("Content-Type", kind)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content)

    def _reply(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes, str]:
        if self.switches.status:
            return self.switches.status, b"<html><body>not now</body></html>", "text/html"
        path = request.path.removeprefix(self._registry.path)
        for hidden in self.switches.hidden:
            if path.split("?")[0] == f"/schemas/ids/{hidden}":
                return 404, b'{"error_code":40403,"message":"Schema not found"}', REGISTRY_JSON
        if self.switches.guids and path.startswith("/schemas/guids/"):
            path = f"/schemas/ids/{uuid.UUID(path.split('/')[3].split('?')[0]).int & 0xFFFFFFFF}"
        status, content, kind = self._forward(request.command, path, body)
        if self.switches.guids and status == 200 and content.startswith(b"{"):
            told = json.loads(content)
            if "id" in told:
                content = json.dumps({**told, "guid": str(guid_of(told["id"]))}).encode()
        return status, content, kind

    def _forward(self, method: str, path: str, body: bytes) -> tuple[int, bytes, str]:
        url = f"{self._registry.scheme}://{self._registry.netloc}{self._registry.path}{path}"
        asked = urllib.request.Request(url, body or None, {"Content-Type": REGISTRY_JSON}, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return answer.status, answer.read(), answer.headers.get("Content-Type", REGISTRY_JSON)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read(), refused.headers.get("Content-Type", REGISTRY_JSON)
        except OSError:
            return 502, b"<html><body>Bad Gateway</body></html>", "text/html"


def guid_of(number: int) -> uuid.UUID:
    """The id is in it, so that nothing has to be remembered."""
    return uuid.UUID(int=0xE5906709_FDC5_4396_A8BA_B91F_0000_0000 | number)
