"""The program ``spikelet``: ``python -m spikelet --help``."""

from __future__ import annotations

import signal
import sys

from . import _native


def main() -> None:
    """Run the program with the arguments of the command line, and exit with its status."""
    # The program handles Ctrl-C itself. Python's handler would raise KeyboardInterrupt after it has ended.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_native.run_program(["spikelet", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
