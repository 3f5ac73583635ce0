"""Put on PYTHONPATH by tests: every attempt of this process and its children to leave the machine is written down
in the file that ``TEST_NETWORK_ATTEMPTS`` names, and refused."""

import ipaddress
import os
import sys

_ATTEMPTS = os.environ["TEST_NETWORK_ATTEMPTS"]


def _is_local(host: object) -> bool:
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if not isinstance(address, tuple):
            return  # a Unix socket
        host = address[0]
    else:
        return
    if not _is_local(host):
        with open(_ATTEMPTS, "a", encoding="utf-8") as attempts:  # noqa: PTH123 - pathlib is not imported this early
            attempts.write(f"{event} {host!r}\n")
        raise OSError(f"a test forbids the network: {event} {host!r}")


sys.addaudithook(_watch)
