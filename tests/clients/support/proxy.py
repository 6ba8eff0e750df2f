"""A way to the database that a test can close."""

from __future__ import annotations

import contextlib
import re
import socket
import threading


class DatabaseProxy:
    """Passes connections on to the server of `url`, until away().

    url:  the same database by way of this
    """

    def __init__(self, url: str) -> None:
        found = re.search(r"@([^:/]+):(\d+)/", url)
        assert found, f"no host and port in {url}"
        self._server = (found[1], int(found[2]))
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = self._listen(0)
        self._port = self._listener.getsockname()[1]
        self.url = url.replace(found[0], f"@127.0.0.1:{self._port}/")

    def __enter__(self) -> DatabaseProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.away()

    def away(self) -> None:
        """Breaks what is open, and refuses what comes."""
        self._listener.close()
        with self._lock:
            for one in self._open:
                _break(one)
            self._open.clear()

    def back(self) -> None:
        self._listener = self._listen(self._port)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        # close() does not wake up who waits in accept().
        listener.settimeout(0.1)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            client.setblocking(True)
            with contextlib.suppress(OSError):
                server = socket.create_connection(self._server, 5)
                server.settimeout(None)
                with self._lock:
                    self._open |= {client, server}
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with self._lock:
            self._open -= {source, sink}
        _break(source)
        _break(sink)


def _break(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
