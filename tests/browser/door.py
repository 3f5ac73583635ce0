"""One address for a server that dies and another that comes after it, as behind a clinic's proxy."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit


class Door:
    """Passes bytes on from `url` to the server that it leads to, at first none; closes what it cannot pass."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._target: tuple[str, int] | None = None
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def leads_to(self, url: str) -> None:
        address = urlsplit(url)
        self._target = (str(address.hostname), int(address.port or 80))

    def __enter__(self) -> Door:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                person, _ = self._listening.accept()
            except OSError:  # closed
                return
            try:
                if self._target is None:
                    raise ConnectionRefusedError
                server = socket.create_connection(self._target)
            except OSError:
                person.close()
                continue
            for here, there in ((person, server), (server, person)):
                threading.Thread(target=_pass_on, args=(here, there), daemon=True).start()


def _pass_on(here: socket.socket, there: socket.socket) -> None:
    try:
        with suppress(OSError):
            while data := here.recv(65_536):
                there.sendall(data)
    finally:
        for end in (here, there):
            with suppress(OSError):  # the other direction was first
                end.shutdown(socket.SHUT_RDWR)
            end.close()
