"""What a user waits for and downloads: `keras-mtl --help`, the import, the installation.

python benchmarks/startup.py
"""

import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

REPEATS = 5
HELP_GOAL = 0.5
PROMISED = ("tensorflow", "keras", "keras-hub", "tensorflow-datasets", "numpy")


def seconds(*command):
    """The least time of some runs of a command, which what else runs can only lengthen."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment)
        times.append(time.perf_counter() - begin)
    return min(times)


def requirements(name):
    """Names of what a distribution needs, itself included, without its extras."""
    found, waiting = set(), [name]
    while waiting:
        one = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if one in found:
            continue
        try:
            needed = importlib.metadata.requires(one) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # For another platform.
        found.add(one)
        waiting += [
            re.match(r"[A-Za-z0-9._-]+", line)[0] for line in needed if "extra ==" not in line
        ]
    return found


def megabytes(name):
    """The size of a distribution's files."""
    files = importlib.metadata.files(name) or []
    paths = (Path(file.locate()) for file in files)
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def main():
    script = Path(sysconfig.get_path("scripts")) / "keras-mtl"
    bare = seconds(sys.executable, "-c", "pass")
    help_time = seconds(str(script), "--help")
    keras_time = seconds(sys.executable, "-c", "import keras")
    import_time = seconds(sys.executable, "-c", "import keras_mtl")
    print(f"python alone: {bare:.2f} s")
    print(f"keras-mtl --help: {help_time:.2f} s (goal: at most {HELP_GOAL} s)")
    print(f"import keras_mtl: {import_time:.2f} s, import keras: {keras_time:.2f} s; "
          f"ratio {import_time / keras_time:.2f}")  # fmt: skip
    everything = requirements("keras_mtl") - {"keras-mtl"}
    promised = set().union(*(requirements(name) for name in PROMISED))
    sizes = {name: megabytes(name) for name in everything}
    own = sum(path.stat().st_size for path in Path("keras_mtl").rglob("*.*")
              if path.suffix != ".pyc") / 1e6  # fmt: skip
    largest = sorted(sizes, key=sizes.get, reverse=True)[:5]
    print(f"installation: {sum(sizes.values()):.0f} MB in {len(sizes)} packages, of which "
          + ", ".join(f"{name} {sizes[name]:.0f}" for name in largest))  # fmt: skip
    added = sum(size for name, size in sizes.items() if name not in promised)
    print(f"beyond {', '.join(PROMISED)}: {added:.0f} MB; keras_mtl itself: {own:.1f} MB")
    sys.exit(help_time > HELP_GOAL)


if __name__ == "__main__":
    main()
