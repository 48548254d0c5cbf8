import io
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

import keras_mtl_cli
from keras_mtl.cli import run_command
from keras_mtl.cli.texts import texts_of
from tests.config.small import RUN, write_run


def run(*arguments):
    """The exit status, what was printed, and what was said on standard error."""
    result = CliRunner().invoke(keras_mtl_cli.main, [str(one) for one in arguments])
    return result.exit_code, result.stdout, result.stderr


def scores(line):
    """Task and label to score."""
    return {f"{task} {one['label']}": one["score"] for task, one in line["predictions"].items()}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    run_file = write_run(tmp_path_factory.mktemp("project"))
    status, output, errors = run("train", run_file)
    assert status == 0, errors
    return run_file.parent, output, errors


def test_training_prints_the_figures_and_where_all_is(project):
    folder, output, errors = project
    assert "validation" in output and "macro_f1" in output
    assert str(folder / "out" / "report.html") in output
    assert "epoch" not in errors  # No terminal, no progress.


def test_evaluating(project):
    status, output, _ = run("evaluate", project[0] / "out", "--split", "train", "--json")
    assert status == 0 and 0 <= json.loads(output)["tone_accuracy"] <= 1
    status, output, _ = run("evaluate", project[0] / "out", "--split", "train")
    assert status == 0 and output.split()[0] == "train"


def test_predicting_from_arguments_files_and_standard_input(project, tmp_path, monkeypatch):
    out = project[0] / "out"
    status, output, _ = run("predict", out, "a neg film", "价格")
    lines = [json.loads(line) for line in output.splitlines()]
    assert status == 0 and [line["text"] for line in lines] == ["a neg film", "价格"]
    assert lines[0]["predictions"]["tone"]["label"] in ("neg", "pos")
    (tmp_path / "texts.txt").write_text("a neg film\n\nprice of tin")
    (tmp_path / "table.csv").write_text('text,other\na neg film,1\n"",2\nprice of tin,3\n')
    for file in ("texts.txt", "table.csv"):
        status, found, _ = run("predict", out, "--file", tmp_path / file)
        assert status == 0 and len(found.splitlines()) == 3
        assert scores(json.loads(found.splitlines()[0])) == pytest.approx(scores(lines[0]))
    result = CliRunner().invoke(
        keras_mtl_cli.main, ["predict", str(out)], input="a neg film\nprice of tin\n"
    )
    assert result.exit_code == 0, result.stderr
    assert scores(json.loads(result.stdout.splitlines()[0])) == pytest.approx(scores(lines[0]))


def test_exporting_and_predicting_with_the_bundle(project):
    out = project[0] / "out"
    status, output, errors = run("export", out)
    assert status == 0, errors
    assert str(out / "bundle") in output
    answers = [
        json.loads(run("predict", path, "price of tea")[1])["predictions"]["topic"]
        for path in (out, out / "bundle")
    ]
    assert answers[0]["label"] == answers[1]["label"]
    assert answers[0]["score"] == pytest.approx(answers[1]["score"], abs=1e-6)
    assert run("export", out)[0] == 2
    assert run("export", out, "--overwrite")[0] == 0


def test_changes_on_the_command_line(project, tmp_path):
    status, _, errors = run(
        "train", project[0] / "run.yaml", "training.epochs=2", "--output", tmp_path / "two"
    )
    assert status == 0, errors
    assert len((tmp_path / "two" / "metrics.jsonl").read_text().splitlines()) == 2


def bad(project, folder, name):
    """The command line of a mistake."""
    run_file = write_run(folder)
    if name == "tab":
        run_file.write_text(RUN.replace("  kind: bag", "\tkind: bag"))
    if name == "key":
        run_file.write_text(RUN.replace("epochs", "epoch"))
    if name == "label":
        table = folder / "reviews.csv"
        table.write_text(table.read_text() + "a film,poz,1\n")
    if name == "no file":
        (folder / "wires.jsonl").unlink()
    commands = {
        "no run file": ["train", folder / "none.yaml"],
        "folder exists": ["train", project[0] / "run.yaml"],
        "unknown dataset": ["train", run_file, "data.wires={source: imbd}"],
        "no run": ["evaluate", folder],
        "no split": ["evaluate", project[0] / "out", "--split", "test"],
        "no such file": ["predict", project[0] / "out", "--file", folder / "none.txt"],
        "no such column": ["predict", project[0] / "out", "--file", folder / "reviews.csv"],
        "both": ["predict", project[0] / "out", "x", "--file", folder / "reviews.csv"],
        "export of nothing": ["export", folder],
        "unknown checkpoint": ["predict", project[0] / "out", "x", "--checkpoint", "bset"],
        "unknown option": ["train", run_file, "--overwite"],
        "unknown command": ["trian", run_file],
        "wrong change": ["train", run_file, "training.epochs=many"],
    }
    return commands.get(name, ["train", run_file])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tab", ["line 17", "tab"]),
        ("key", ["line 22", "Did you mean 'epochs'"]),
        ("label", ["reviews.csv", "line 26", "'poz'", "'pos'"]),
        ("no file", ["wires.jsonl", "data.wires"]),
        ("no run file", ["none.yaml", "keras-mtl init"]),
        ("folder exists", ["new or empty", "--overwrite"]),
        ("unknown dataset", ["'imbd'", "'imdb'"]),
        ("no run", ["run.json"]),
        ("no split", ["train, validation", "'test'"]),
        ("no such file", ["none.txt"]),
        ("no such column", ["'text'", "review"]),
        ("both", ["both"]),
        ("export of nothing", ["run.json"]),
        ("unknown checkpoint", ["'bset'"]),
        ("unknown option", ["--overwite"]),
        ("unknown command", ["trian"]),
        ("wrong change", ["argument 'training.epochs=many'", "a whole number"]),
    ],
)
def test_bad_input_is_one_message_and_status_2(name, words, project, tmp_path):
    status, output, errors = run(*bad(project, tmp_path, name))
    print(f"\n{name}:\n    {errors.strip()}")
    assert status == 2 and output == ""
    assert "Traceback" not in errors and errors.count("Error: ") == 1
    assert all(word in errors for word in words), errors
    assert not (tmp_path / "out").exists()


def test_a_run_that_fails_has_status_1(tmp_path):
    change = "training.optimizer={kind: sgd, learning_rate: 1e30}"
    status, _, errors = run("train", write_run(tmp_path), change)
    assert status == 1 and "no longer finite" in errors and "Traceback" not in errors


def test_a_mistake_in_a_class_of_the_user_shows_its_traceback(tmp_path):
    (tmp_path / "faulty.py").write_text(
        "import keras\n\nclass Faulty(keras.callbacks.Callback):\n"
        "    def on_epoch_begin(self, epoch, logs=None):\n        return 1 / 0\n"
    )
    change = "training.callbacks=[faulty:Faulty]"
    status, _, errors = run("train", write_run(tmp_path), change)
    assert status == 1 and "faulty.py" in errors and "ZeroDivisionError" in errors


def test_a_reader_that_goes_away_is_no_error(project, monkeypatch):
    class Closed(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr("os.dup2", lambda *_: None)
    monkeypatch.setattr(sys, "stdout", Closed())
    monkeypatch.setattr(Closed, "fileno", lambda _: 1)
    options = {"run": project[0] / "out", "texts": ("x",), "file": None, "column": "text"}
    assert run_command("predict", {**options, "checkpoint": "best"}) == 1


def test_help_imports_neither_keras_nor_tensorflow():
    code = (
        "import sys, keras_mtl_cli\n"
        "keras_mtl_cli.main(['--help'], standalone_mode=False)\n"
        "print(sorted({'keras', 'tensorflow', 'keras_mtl', 'numpy'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[]"
    for command in ("train", "evaluate", "predict", "export", "data", "init"):
        assert f"\n  {command} " in result.stdout


@pytest.mark.parametrize("row", ["3", "null", '["a", 1]', '{"a": "b"}'])
def test_rows_that_are_no_texts_nor_words_name_the_line(row, tmp_path):
    (tmp_path / "rows.jsonl").write_text(f'{{"text": ["a", "b"]}}\n{{"text": {row}}}\n')
    found = texts_of((), str(tmp_path / "rows.jsonl"), "text")
    assert next(found) == ["a", "b"]
    with pytest.raises(ValueError, match="line 2, must hold a text, or a list of words. Received"):
        next(found)
