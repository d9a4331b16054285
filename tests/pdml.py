"""Where tshark says that the fields of each frame are (`tshark -T pdml`)."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

#: A field: tshark's name of it, its first octet in the frame, how many octets, its value as shown.
Place = tuple[str, int, int, str]


def places(path: Path) -> Iterator[list[Place]]:
    """Yield the fields of each frame, in their order, those within other fields included."""
    # A fragment's place is in its frame, not in the packet that is put together.
    # fmt: off
    command = ["tshark", "-n", "-r", str(path), "-T", "pdml", "-o", "ip.defragment:FALSE",
               "-o", "ipv6.defragment:FALSE", "-o", "tcp.desegment_tcp_streams:FALSE"]
    # fmt: on
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, check=False, timeout=120, env=environment)
    for packet in ET.fromstring(done.stdout).iter("packet"):  # noqa: S314 - tshark's, of ours
        yield [
            (field.get("name", ""), int(pos), int(field.get("size", 0)), field.get("show", ""))
            for field in packet.iter("field")
            if (pos := field.get("pos")) is not None and field.get("hide") != "yes"
        ]
