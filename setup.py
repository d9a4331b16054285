"""Compile the engine, where a C compiler is at hand; everything else is in pyproject.toml.

The same `.py` files run uncompiled; the `.pxd` files beside them only add C types.  With
TRACKER_PURE=1 in the environment nothing is compiled.
"""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ENGINE = [
    "tracker.sequence",
    "tracker.wire.segment",
    "tracker.wire.octets",
    "tracker.wire.tcp",
    "tracker.wire.inner",
    "tracker.wire.gre",
    "tracker.wire.overlay",
    "tracker.wire.gtp",
    "tracker.wire.l2tp",
    "tracker.wire.teredo",
    "tracker.wire.capwap",
    "tracker.wire.tunnel",
    "tracker.wire.icmp",
    "tracker.wire.udp",
    "tracker.wire.ip",
    "tracker.wire.shims",
    "tracker.wire.mpls",
    "tracker.wire.nsh",
    "tracker.wire.ppp",
    "tracker.wire.carried",
    "tracker.wire.ethernet",
    "tracker.wire.atm",
    "tracker.wire.cooked",
    "tracker.wire.docsis",
    "tracker.wire.dsa",
    "tracker.wire.family",
    "tracker.wire.hdlc",
    "tracker.wire.juniper",
    "tracker.wire.radio",
    "tracker.wire.recorded",
    "tracker.wire.station",
    "tracker.wire.wireless",
    "tracker.wire.link",
    "tracker.wire.decode",
    "tracker.wire.checksum",
    "tracker.frames",
    "tracker.tcp_state",
    "tracker.endpoint",
    "tracker.connection",
    "tracker.rules.space",
    "tracker.rules.timing",
    "tracker.rules.opening",
    "tracker.rules.closing",
    "tracker.rules.generations",
    "tracker.rules.reset",
    "tracker.rules.errors",
    "tracker.rules.exchange",
    "tracker.rules.observe",
    "tracker.flow_table",
    "tracker.meter",
    "tracker.capture.walker",
    "tracker.capture.pcap",
    "tracker.capture.pcapng",
    "tracker.capture.snoop",
    "tracker.report.text",
    "tracker.report.sides",
    "tracker.report.tally",
    "tracker.report.rows",
    "tracker.report.table",
    "tracker.report.zeek",
    "tracker.report.community_id",
    "tracker.report.records",
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

# Cython's own C code (memoryviews, mostly), once for all modules instead of once in each: that and
# the flags cut the time to compile by two thirds, and the engine is as fast.
SHARED = "tracker._cyutility"
CYTHON_DIR = Path("build/cython")
FLAGS = [] if os.name == "nt" else ["-O2", "-g0"]


class OptionalBuild(build_ext):
    """Build the extensions, all or none: then the package will run uncompiled."""

    def finalize_options(self) -> None:
        """Compile on all cores unless told otherwise."""
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count() or 1

    def run(self) -> None:
        """Build; a compiler that is missing or fails is no error."""
        try:
            self._translate()
            super().run()
        except Exception as error:  # noqa: BLE001 - whatever the compiler's trouble is
            print(f"tracker: the engine will run uncompiled: {error}", file=sys.stderr)
            self._remove_outputs()
            self.extensions = []

    def _translate(self) -> None:
        """Let Cython make C of the engine's Python."""
        from Cython.Build import cythonize

        shared = CYTHON_DIR / f"{SHARED.replace('.', '/')}.c"
        shared.parent.mkdir(parents=True, exist_ok=True)
        cython = [sys.executable, "-m", "cython", "--module-name", SHARED]
        subprocess.run([*cython, f"--generate-shared={shared}"], check=True)
        translated = cythonize(
            [extension for extension in self.extensions if extension.name != SHARED],
            compiler_directives=DIRECTIVES,
            build_dir=str(CYTHON_DIR),
            shared_utility_qualified_name=SHARED,
        )
        sources = {extension.name: extension.sources for extension in translated}
        for extension in self.extensions:
            extension.sources = sources.get(extension.name, [str(shared)])

    def _remove_outputs(self) -> None:
        """Remove what was compiled before the failure: half an engine does not run."""
        for path in self.get_outputs():
            with suppress(FileNotFoundError):
                Path(path).unlink()


def extensions() -> list[Extension]:
    """Return the modules to compile: the engine's, unless TRACKER_PURE forbids it."""
    if os.environ.get("TRACKER_PURE", "0") not in ("", "0"):
        return []
    return [
        Extension(name, [f"{name.replace('.', '/')}.py"], extra_compile_args=FLAGS)
        for name in [SHARED, *ENGINE]
    ]


setup(ext_modules=extensions(), cmdclass={"build_ext": OptionalBuild})
