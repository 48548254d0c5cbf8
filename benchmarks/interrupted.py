"""What one sees when a run is stopped, its disk is full, its folder read-only, its state damaged.

    python benchmarks/interrupted.py            # Linux, with `unshare` and `mount`

A run by `keras-mtl train` of two generated datasets, its folder on a small disk of its own (a
tmpfs, in a mount namespace that ends with this script), meets each of these in turn. Its status and
its words are printed; then what was wrong is put right, and `--resume` must end with the figures of
a run that nothing happened to. The status is 1 where it does not, or where one sees a traceback.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

INSIDE = "KERAS_MTL_INSIDE_NAMESPACE"
RUN = """\
output: out
seed: 3
data:
  reviews: {source: demo_reviews}
  newswire: {source: demo_newswire}
tasks:
  tone: {data: reviews, column: label}
  topic: {data: newswire, column: label}
tokenizer: {vocabulary_size: 500, sequence_length: 32}
trunk: {kind: bag, embedding_dim: 64, bigram_buckets: 1000}
mixture: {batch_size: 16, length_classes: 1}
training: {epochs: 2, resume: {every_steps: 5, keep: 2}, early_stopping: {patience: 5}}
"""
LONGEST = 300  # Seconds that a run may take.


class Disk:
    """A folder on a disk of its own, with a run file."""

    def __init__(self, path, megabytes):
        self.path = path
        path.mkdir()
        self.mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs")
        (path / "run.yaml").write_text(RUN)

    def mount(self, *options):
        subprocess.run(["mount", *options, str(self.path)], check=True)

    @property
    def states(self):
        """The states of the run that are whole, by name."""
        files = sorted((self.path / "out" / "resume").glob("epoch-*.npz"))
        return {one.name: one.read_bytes() for one in files}

    def start(self, *options):
        """`keras-mtl train`, begun."""
        code = "import keras_mtl_cli; keras_mtl_cli.main()"
        return subprocess.Popen(
            [sys.executable, "-c", code, "train", "run.yaml", *options],
            cwd=self.path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def figures(self):
        """What the run found out, without how long it took."""
        lines = (self.path / "out" / "metrics.jsonl").read_text().splitlines()
        timed = ("seconds", "rows_per_second")
        epochs = [{k: v for k, v in json.loads(one).items() if k not in timed} for one in lines]
        scores = json.loads((self.path / "out" / "evaluation.json").read_text())["splits"]
        return json.dumps([epochs, scores])


def until_saved(disk, process):
    """Wait until a run has saved two states."""
    begin = time.monotonic()
    while len(disk.states) < 2:
        if process.poll() is not None or time.monotonic() - begin > LONGEST:
            sys.exit(f"The run saved no states: {process.communicate()[1]}")
        time.sleep(0.005)


def killed(disk):
    """Begin a run, and end it by SIGKILL."""
    process = disk.start()
    until_saved(disk, process)
    process.kill()
    process.communicate()


def ended(process):
    """The status and the words of a process."""
    words = process.communicate(timeout=LONGEST)[1]
    return process.returncode, words


def sigterm(disk):
    """`kill -TERM` while it trains."""
    process = disk.start()
    until_saved(disk, process)
    process.send_signal(signal.SIGTERM)
    return ended(process)


def full_disk(disk):
    """The disk is filled while it trains."""
    process = disk.start()
    until_saved(disk, process)
    fill(disk.path / "other")
    found = ended(process)
    (disk.path / "other").unlink()
    return found


def full_disk_at_resume(disk):
    """Killed; the disk is full when it is gone on with."""
    killed(disk)
    fill(disk.path / "other")
    found = ended(disk.start("--resume"))
    (disk.path / "other").unlink()
    return found


def read_only(disk):
    """Killed; the folder is read-only when it is gone on with."""
    killed(disk)
    disk.mount("-o", "remount,ro")
    found = ended(disk.start("--resume"))
    disk.mount("-o", "remount,rw")
    return found


def damaged(disk):
    """Killed; a bit of the newest state is another when it is gone on with."""
    killed(disk)
    newest = disk.path / "out" / "resume" / max(disk.states)
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    return ended(disk.start("--resume"))


def all_damaged(disk):
    """Killed; all states are cut off when it is gone on with, and deleted then."""
    killed(disk)
    paths = [disk.path / "out" / "resume" / name for name in disk.states]
    for path in paths:
        path.write_bytes(path.read_bytes()[:1000])
    found = ended(disk.start("--resume"))
    for path in paths:
        path.unlink()
    return found


def fill(path):
    """Fill the disk that a file is on."""
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 12))
        except OSError:
            pass


# Of each the status that is expected, and a word of what is said.
MISHAPS = (
    (sigterm, 0, "--resume goes on"),
    (full_disk, 1, "No space left"),
    (full_disk_at_resume, 2, "No space left"),
    (read_only, 2, "Read-only"),
    (damaged, 0, "Damaged files"),
    (all_damaged, 1, "only damaged ones"),
)


def main():
    """Meet each mishap; tell what is seen."""
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        try:
            os.execvp("unshare", ["unshare", "-rm", sys.executable, *sys.argv])
        except OSError as error:
            sys.exit(f"Needs `unshare`, of util-linux. Received: {error}.")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    short = 0
    # The disks are gone with the namespace, and their folders are empty then.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        whole = Disk(Path(folder) / "whole", 64)
        if (found := ended(whole.start()))[0]:
            sys.exit(found[1])
        goal = whole.figures()
        for mishap, expected, said in MISHAPS:
            disk = Disk(Path(folder) / mishap.__name__, 64)
            status, words = mishap(disk)
            print(f"\n{mishap.__doc__}\nstatus {status} (goal: {expected})", flush=True)
            print("\n".join(f"    {line}" for line in words.splitlines()[-4:]))
            again = ended(disk.start("--resume"))
            same = again[0] == 0 and disk.figures() == goal
            print(f"figures after --resume: {'the same' if same else again}", flush=True)
            traceback = "Traceback" in words
            short += status != expected or said not in words or traceback or not same
        for one in Path(folder).iterdir():
            subprocess.run(["umount", str(one)], check=True)
    print(f"\n{len(MISHAPS) - short} of {len(MISHAPS)} as they should be (goal: all)")
    return int(short > 0)


if __name__ == "__main__":
    sys.exit(main())
