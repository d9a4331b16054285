"""Compile the engine, where a C compiler is at hand; everything else is in pyproject.toml.

The same `.py` files run uncompiled; the `.pxd` files beside them only add C types.  With
TRACKER_PURE=1 in the environment nothing is compiled.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from runpy import run_path
from typing import Any

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.modified import newer_group

MODULES = run_path("tracker/compiled.py")["MODULES"]

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

# One file for all modules.  The module of that name is Cython's own C code (memoryviews, mostly),
# once for all instead of once in each: that and the flags cut the time to compile by two thirds,
# and the engine is as fast.
ENGINE = "tracker._engine"
CYTHON_DIR = Path("build/cython")
# Vectors of a few octets cost more than they spare where fields of several sizes lie together.
FLAGS = [] if os.name == "nt" else ["-O2", "-g0", "-fno-tree-vectorize", "-fno-tree-slp-vectorize"]


class OptionalBuild(build_ext):
    """Build the engine, all or nothing: then the package will run uncompiled."""

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

    def build_extension(self, extension: Extension) -> None:
        """Compile one source on each core, and only those that are newer than what was compiled."""
        compile_all = self.compiler.compile

        def compile_in_parallel(sources: list[str], **options: Any) -> list[str]:  # noqa: ANN401
            def compile_one(source: str) -> str:
                output: str
                [output] = self.compiler.object_filenames(
                    [source], output_dir=options["output_dir"]
                )
                if newer_group([source, __file__], output):
                    compile_all([source], **options)
                return output

            with ThreadPoolExecutor(self.parallel) as pool:
                return list(pool.map(compile_one, sources))

        self.compiler.compile = compile_in_parallel
        super().build_extension(extension)

    def _translate(self) -> None:
        """Let Cython make C of the engine's Python."""
        from Cython.Build import cythonize

        shared = CYTHON_DIR / f"{ENGINE.replace('.', '/')}.c"
        shared.parent.mkdir(parents=True, exist_ok=True)
        cython = [sys.executable, "-m", "cython", "--module-name", ENGINE]
        subprocess.run([*cython, f"--generate-shared={shared}"], check=True)
        for engine in self.extensions:
            modules = cythonize(
                engine.sources,
                compiler_directives=DIRECTIVES,
                build_dir=str(CYTHON_DIR),
                shared_utility_qualified_name=ENGINE,
            )
            engine.sources = [str(shared), *(each.sources[0] for each in modules)]

    def _remove_outputs(self) -> None:
        """Remove what was compiled before the failure."""
        for path in self.get_outputs():
            with suppress(FileNotFoundError):
                Path(path).unlink()


def extensions() -> list[Extension]:
    """Return the engine, unless TRACKER_PURE forbids to compile it."""
    if os.environ.get("TRACKER_PURE", "0") not in ("", "0"):
        return []
    sources = [f"{name.replace('.', '/')}.py" for name in MODULES]
    return [Extension(ENGINE, sources, extra_compile_args=FLAGS)]


setup(ext_modules=extensions(), cmdclass={"build_ext": OptionalBuild})
