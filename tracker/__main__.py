"""Run `python -m tracker`."""

from tracker.cli import run

if __name__ == "__main__":
    run()
