"""Compile the engine, where a C compiler is at hand; everything else is in pyproject.toml.

The same `.py` files run uncompiled; the `.pxd` files beside them only add C types.  With
TRACKER_PURE=1 in the environment nothing is compiled.
"""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ENGINE = [
    "tracker.sequence",
    "tracker.wire.segment",
    "tracker.wire.tcp",
    "tracker.wire.udp",
    "tracker.wire.ip",
    "tracker.wire.link",
    "tracker.frames",
    "tracker.tcp_state",
    "tracker.connection",
    "tracker.flow_table",
    "tracker.meter",
    "tracker.capture.pcap",
]

DIRECTIVES = {
    "language_level": 3,
    # Types come from the .pxd files; annotations are for people and mypy.
    "annotation_typing": False,
    # A hostile packet may raise; it never reads past its buffer.
    "boundscheck": True,
    "wraparound": False,
    "initializedcheck": False,
    "cdivision": True,
}


class OptionalBuild(build_ext):
    """Build the extensions, or say that the package will run uncompiled."""

    def run(self) -> None:
        try:
            super().run()
        except Exception as error:  # noqa: BLE001 - whatever the compiler's trouble is, run uncompiled
            print(f"tracker: not compiled ({error}); the engine will run uncompiled", file=sys.stderr)
            self.extensions = []


def extensions() -> list[Extension]:
    """Return the engine's modules as C extensions, or nothing where they cannot be compiled."""
    if os.environ.get("TRACKER_PURE", "0") not in ("", "0"):
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        return []
    modules = [Extension(name, [name.replace(".", "/") + ".py"]) for name in ENGINE]
    return cythonize(modules, compiler_directives=DIRECTIVES, build_dir="build/cython")


setup(ext_modules=extensions(), cmdclass={"build_ext": OptionalBuild})
