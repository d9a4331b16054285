"""Fuzz the decoders and the readers of captures with atheris (libFuzzer).

    python tests/fuzz.py wire|capture [options and corpus folders of libFuzzer]

`wire` makes frames of the input: octets say link type, time and lengths, the rest is what was
captured.  `capture` takes the input for a whole file.  Whatever comes, each frame is decoded or
counted under a reason, rows can be made, and nothing but a CaptureError is raised; `fuzz_targets`
says what else holds.  Inputs that once failed are kept in tests/fuzzed and tried by
tests/test_fuzzed.py.  CONTRIBUTING.md says how to run it.
"""

import sys
from pathlib import Path

import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

sys.path.insert(0, str(Path(__file__).parent))

with atheris.instrument_imports(include=["tracker"]):
    import fuzz_targets


def main() -> None:
    """Run libFuzzer on the target that the command line names."""
    target = fuzz_targets.TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
