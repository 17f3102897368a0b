"""python3 tests/crash [--full]: all campaigns, one after the other; each has flags of its own (--help)."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    for name in ("campaign", "failpoints", "stopped", "proxied", "grids", "races"):
        print(name, flush=True)
        subprocess.run([sys.executable, os.path.join(HERE, f"{name}.py"), *sys.argv[1:]], check=True)


if __name__ == "__main__":
    main()
