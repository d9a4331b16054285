"""Which connections are asked for: by number, by socket pair, or by one socket."""

import re

from tracker.errors import UserError
from tracker.lesson.sight import Sight, Socket
from tracker.names.services import Services
from tracker.typed import NamedTuple

FORMS = "a socket pair such as 192.168.1.5:1099,192.168.1.7:80, one socket, or a number"

_LARGEST_PORT = 65535

# Two sockets may stand apart as people write them: with a comma, a space, an arrow or a hyphen.
_BETWEEN = re.compile(r"\s*,\s*|\s*<?-+>\s*|\s+-\s+|\s+|(?<=\d)-(?=[\d\[])")


class Chosen(NamedTuple):
    """What one --connection asks for: a connection's number, or one or two sockets."""

    text: str
    number: int
    sockets: tuple[Socket, ...]

    def takes(self, connection: Sight) -> bool:
        """Return whether `connection` is asked for; the order of its sockets does not matter."""
        if self.number:
            return connection.number == self.number
        return all(socket in connection.sockets for socket in self.sockets)


def parse(text: str, services: Services) -> Chosen:
    """Return what `text` asks for; raise UserError where it is none of FORMS.

    A port may be the name that `services` has for it.
    """
    if text.strip().isdecimal():
        return Chosen(text, int(text), ())
    words = [word for word in _BETWEEN.split(text.strip()) if word]
    if not 1 <= len(words) <= 2:
        raise _wrong(text)
    return Chosen(text, 0, tuple(_socket(word, text, services) for word in words))


def _wrong(text: str) -> UserError:
    return UserError(f"{text!r} is no connection; give {FORMS}")


def _socket(word: str, text: str, services: Services) -> Socket:
    """Return the socket that `word` names, the address as the engine writes it."""
    from ipaddress import ip_address

    host, _, port = word.rpartition(":")
    try:
        address = str(ip_address(host.strip("[]")))
    except ValueError:
        if re.search(r"[g-z].*\.", host.lower()):
            raise UserError(
                f"{word!r}: give the address, not the name; tracker read -n shows it"
            ) from None
        raise _wrong(text) from None
    number = int(port) if port.isdecimal() else _port(port, services)
    if number is None or number > _LARGEST_PORT:
        raise _wrong(text)
    return Socket(address, number)


def _port(name: str, services: Services) -> int | None:
    """Return the port that has `name`, for TCP or else for UDP, None where none has."""
    for proto in ("tcp", "udp"):
        for port, known in services.names(proto).items():
            if known == name:
                return port
    return None
