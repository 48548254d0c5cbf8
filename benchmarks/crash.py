"""Runs killed by SIGKILL at random moments, and gone on with: do they end with the same bits?

    python benchmarks/crash.py                   # 100 runs, half of them on each backend
    python benchmarks/crash.py --runs 12 --seed 5

Each is a short training with dropout on two streams of different length that are reshuffled in
every epoch, under a balancer that learns, a stopping rule, or a gradual thaw; its state is saved at
every step. Half are killed at a moment drawn evenly from the training, half as soon after such a
moment as a file is being written. Then it is started again, and at times killed again. It must end
with every bit of the weights, the optimizer, the balancer and the history of a run that nothing
happened to. The status is 1 if one does not.

A process for each run is forked off one that has imported all, but run nothing.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

BACKENDS = ("tensorflow", "jax")
LONGEST = 300  # Seconds that a run may take.
AGAIN = 0.25  # How often what goes on is killed once more.


def started(case, folder):
    """The number of a process that trains."""
    from crashed import trainings

    number = os.fork()
    if number:
        return number
    status = 1
    try:
        with open(folder / "log.txt", "a") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            trainings.train(case, folder)
        status = 0
    except BaseException:
        traceback.print_exc()
    os._exit(status)


def waited(number, folder):
    """Wait for a process to end by itself.

    Raises:
        RuntimeError: If it fails.
    """
    _, status = os.waitpid(number, 0)
    if status:
        raise RuntimeError(f"A training failed:\n{(folder / 'log.txt').read_text()[-3000:]}")


def ended(number):
    return os.waitpid(number, os.WNOHANG)[0] != 0


def seconds_of(case, folder):
    """The result of an undisturbed run, and the seconds from its first step to its end."""
    from crashed import trainings

    number = started(case, folder)
    while not (folder / trainings.BEGUN).exists() and not ended(number):
        time.sleep(0.01)
    begin = time.monotonic()
    waited(number, folder)
    return (folder / trainings.RESULT).read_text(), time.monotonic() - begin


def killed(number, folder, moment, writing):
    """Kill a process some seconds after its first step, or when it writes next.

    Returns:
        `"ended"` if it was through before, `"writing"` if a file was half-written, else `"killed"`.
    """
    from crashed import trainings

    deadline = time.monotonic() + LONGEST
    while not (folder / trainings.BEGUN).exists() and time.monotonic() < deadline:
        if ended(number):
            raise RuntimeError(f"A training failed:\n{(folder / 'log.txt').read_text()[-3000:]}")
        time.sleep(0.01)
    begin = time.monotonic()
    while time.monotonic() - begin < moment:
        if ended(number):
            return "ended"
        time.sleep(0.002)
    while writing and not list(folder.glob("states/.partial.*")):
        if ended(number):
            return "ended"
    os.kill(number, signal.SIGKILL)
    os.waitpid(number, 0)
    return "writing" if list(folder.glob("states/.partial.*")) else "killed"


def crashed(case, folder, length, chance, writing):
    """Kill a run, go on with it to its end; what happened on the way."""
    from crashed import trainings

    happened = []
    while True:
        (folder / trainings.BEGUN).unlink(missing_ok=True)
        number = started(case, folder)
        if happened and chance.random() >= AGAIN:
            waited(number, folder)
            return happened
        how = killed(number, folder, chance.uniform(0, length), writing)
        if how == "ended" and not happened:  # Too late; once more from the beginning.
            shutil.rmtree(folder)
            folder.mkdir()
            continue
        happened.append(how)
        if how == "ended":
            return happened


def of_backend(runs, seed):
    """Kill so many runs on the backend of this process; how many did not end as they must."""
    import keras
    from crashed import trainings

    backend, chance = keras.backend.backend(), random.Random(seed)
    differing = 0
    with tempfile.TemporaryDirectory() as made:
        goals = {}
        for number in range(runs):
            case = trainings.CASES[number % len(trainings.CASES)]
            if case not in goals:
                folder = Path(made) / case
                folder.mkdir()
                goals[case] = seconds_of(case, folder)
            goal, length = goals[case]
            folder = Path(made) / f"run-{number}"
            folder.mkdir()
            begin = time.monotonic()
            writing = number // len(trainings.CASES) % 2 == 1
            happened = crashed(case, folder, length, chance, writing)
            same = (folder / trainings.RESULT).read_text() == goal
            differing += not same
            shutil.rmtree(folder)
            words = " and ".join(happened)
            print(
                f"| {backend} | {number + 1} | {case} | {words} | {'same' if same else 'OTHER'} | "
                f"{time.monotonic() - begin:.0f} |",
                flush=True,
            )
    return differing


def main():
    """Start a process for each backend, and add up."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=list(BACKENDS))
    parser.add_argument("--here", action="store_true", help="In this process, on its backend.")
    options = parser.parse_args()
    if options.here:
        return min(of_backend(options.runs, options.seed), 100)
    print("| backend | run | training | what happened | bits at the end | seconds |")
    print("|---|---|---|---|---|---|", flush=True)
    differing = 0
    share, rest = divmod(options.runs, len(options.backends))
    for place, backend in enumerate(options.backends):
        runs = share + (place < rest)
        command = [sys.executable, __file__, "--here", "--runs", str(runs)]
        command += ["--seed", str(options.seed + place)]
        found = subprocess.run(command, env={**os.environ, "KERAS_BACKEND": backend}, check=False)
        if found.returncode < 0 or found.returncode > 100:
            raise RuntimeError(f"The runs on {backend} broke off with {found.returncode}.")
        differing += found.returncode
    print(f"runs that ended with other bits: {differing} of {options.runs} (goal: 0)")
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
