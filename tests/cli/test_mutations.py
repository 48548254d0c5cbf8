"""Files damaged at random end in one message or in a run, never in a traceback."""

import random

import pytest

from keras_mtl.cli import run_command
from keras_mtl.runs import training
from tests.config.small import write_run
from tests.figures import at_least, exactly

CASES = {"run.yaml": 200, "reviews.csv": 80, "wires.jsonl": 80}


def mutated(text, random):
    """The text with one to three changes such as slips of a hand or an editor make."""
    for _ in range(random.randint(1, 3)):
        lines = text.split("\n")
        number = random.randrange(len(lines))
        line = lines[number]
        place = random.randrange(len(line) + 1)
        kind = random.randrange(9)
        if kind == 0:
            del lines[number]
        elif kind == 1:
            lines.insert(number, lines[random.randrange(len(lines))])
        elif kind == 2:
            lines[number] = line[:place] + line[place + 1 :]
        elif kind == 3:
            lines[number] = (
                line[:place] + random.choice("\t:[]{}#&*!|>'\"%@`,-?é价\x00") + line[place:]
            )
        elif kind == 4:
            lines[number] = random.choice(("\t", "  ", "")) + line.lstrip()
        elif kind == 5:
            words = line.split(" ")
            words[random.randrange(len(words))] = random.choice(
                ("null", "true", "no", "-1", "1e999", "''", "[]", "{}", "0x1", "bag", "99999999")
            )
            lines[number] = " ".join(words)
        elif kind == 6:
            other = random.randrange(len(lines))
            lines[number], lines[other] = lines[other], lines[number]
        elif kind == 7:
            lines = lines[: number + 1]
        else:
            lines[number] = line[::-1]
        text = "\n".join(lines)
    return text


@pytest.fixture
def without_training(monkeypatch):
    """Everything but the optimisation itself, which bad input must not reach."""
    monkeypatch.setattr(training, "fit", lambda *_: None)
    monkeypatch.setattr(training, "evaluate", lambda _, built, folder: folder.write(
        "evaluation.json", {"checkpoint": "best", "splits": {}}
    ))  # fmt: skip


def outcomes(folder, name, capsys):
    """The statuses of `train` on mutations of one file, and the messages of those that failed."""
    statuses, messages = [], []
    for case in range(CASES[name]):
        place = folder / str(case)
        place.mkdir()
        run_file = write_run(place)
        text = (place / name).read_text()
        changed = mutated(text, random.Random(case))
        (place / name).write_text(changed, encoding="utf-8")
        options = {"run_file": str(run_file), "changes": (), "output": str(place / "out")}
        statuses.append(run_command("train", {**options, "overwrite": False}))
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err, f"{changed}\n{printed.err}"
        if statuses[-1]:
            assert printed.err.count("Error: ") == 1 and len(printed.err) > 30
            assert not (place / "out").exists(), changed
            messages.append(printed.err)
    return statuses, messages


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore")
def test_damaged_files_never_show_a_traceback(name, tmp_path, capsys, without_training):
    statuses, messages = outcomes(tmp_path, name, capsys)
    with capsys.disabled():
        for message in messages[:3]:
            print(f"\n    {message.strip()}")
        exactly(f"statuses of {CASES[name]} damaged {name}", sorted(set(statuses)), [0, 2])
        at_least("of these with a message", statuses.count(2), CASES[name] / 10)
