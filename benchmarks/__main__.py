"""All benchmarks, one after the other: ``make bench``, or ``python -m benchmarks --server postgres://user@host``.

``benchmarks.discretion`` is run alone: what the clock tells takes an hour and a half to find out.
"""

import argparse
import subprocess
import sys

BENCHMARKS = {
    "encrypted_fields": "--database",
    "visibility": "--server",
    "guessing": "--server",
    "mass_mail": "--server",
    "erasing": "--server",
}


def main() -> None:
    """Run each benchmark in a process of its own; the exit status tells whether all could run."""
    parser = argparse.ArgumentParser(description="all benchmarks, peers beside us in the same run")
    parser.add_argument("--server", default="postgres://postgres@127.0.0.1:5432")
    options = parser.parse_args()
    failed = [name for name, option in BENCHMARKS.items() if not ran(name, option, options.server)]
    sys.exit(f"could not run: {', '.join(failed)}" if failed else 0)


def ran(name: str, option: str, server: str) -> bool:
    print(f"\n=== {name}", flush=True)
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}", option, server], check=False).returncode == 0


if __name__ == "__main__":
    main()
