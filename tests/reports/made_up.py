"""Run folders such as a training might leave, made up."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from keras_mtl.reports import review_json
from keras_mtl.tasks import classification

METRICS = ("loss", "accuracy", "macro_f1", "weighted_f1")
# What texts of users hold: markup, controls, very long words, scripts of both directions.
NASTY = (
    "<script>alert('x')</script> & <b>bold</b> ]]> <!-- --> {{ 7 * 7 }} {% raw %}",
    "nul \x00 escape \x1b[31m bell \x07 delete \x7f half a letter \ud800 line\r\nend",
    "word" * 90,
    "这部电影非常好看，我会推荐给所有的朋友。演员的表演令人难忘，故事也很感人。",
    "هذا الفيلم رائع جدا \u202e وأنصح الجميع بمشاهدته",
    "quote \" apostrophe ' backslash \\ dollar $x^2$ url(http://example.com/a.png)",
)
_WORDS = (
    "the film is a slow and careful story about two brothers who run a small cinema in a town "
    "where nobody goes to the pictures any more but nothing in it quite comes to life"
).split()
_TASKS = "sentiment topic intent toxicity emotion stance urgency language irony domain".split()


def write_run(folder: Path, tasks: int = 2, labels: int = 2, epochs: int = 8) -> Path:
    """Write all JSON files of a finished run of `tasks` tasks with `labels` labels or more."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [_TASKS[n] if n < len(_TASKS) else f"task_{n}" for n in range(tasks)]
    spaces = {name: label_names(labels + (n % 3) * labels // 2) for n, name in enumerate(names)}
    random = np.random.default_rng(tasks)
    best = max(1, epochs * 2 // 3)
    logs = _metrics(random, names, epochs)
    write_json(folder / "run.json", _run(spaces, best, logs))
    lines = [json.dumps(one) + "\n" for one in logs]
    (folder / "metrics.jsonl").write_text("".join(lines), "utf-8")
    write_json(folder / "data.json", _data(random, spaces))
    if epochs:
        write_json(folder / "evaluation.json", _evaluation(random, spaces, logs[best - 1]))
    (folder / "config.yaml").write_text("seed: 7\ntasks:\n  tone: {weight: 1.0}  # <é>\n", "utf-8")
    return folder


def label_names(labels: int) -> list[str]:
    """Label names, of which some are long or not English."""
    plain = ["negative", "positive", "neutral & mixed", "中性", "a rather long label name", "محايد"]
    return plain[:labels] + [f"label {number}" for number in range(len(plain), labels)]


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), "utf-8")


def change(path: Path, **changes: Any) -> None:
    """Put other values into a JSON file."""
    write_json(path, {**json.loads(path.read_text("utf-8")), **changes})


def _run(spaces: dict[str, list[str]], best: int, logs: list[dict[str, Any]]) -> dict[str, Any]:
    streams = [f"{name}_rows" for name in spaces]
    return {
        "format": 1,
        "status": "finished",
        "started": "2025-11-03T09:05:59+00:00",
        "ended": "2025-11-03T09:18:11+00:00",
        "seconds": {"loading": 4.25, "training": 640.5, "evaluating": 31.0},
        "seed": 7,
        "backend": "tensorflow",
        "versions": {"python": "3.11.9", "keras_mtl": "0.1.0", "keras": "3.15.1"},
        "tasks": [
            {
                "name": name,
                "kind": "Classification",
                "labels": names,
                "data": [f"{name}_rows"],
                "weight": 1.0,
                "metrics": list(METRICS),
            }
            for name, names in spaces.items()
        ],
        "mixture": {
            "steps_per_epoch": 412,
            "rows_per_step": dict.fromkeys(streams, 32),
            "passes_over_rows_per_epoch": {name: 0.5 + n for n, name in enumerate(streams)},
            "passes_through_trunk_per_step": 1,
            "groups": [streams],
            "length_class_shares": [0.4, 0.4, 0.2],
            "lengths": [[64, 160, 400]],
            "padding": 0.134,
        },
        "parameters": {"trunk": 2_600_000, "heads": {name: 258 for name in spaces}},
        "best": {"epoch": best, "metric": "val_loss", "value": logs[best - 1]["val_loss"]}
        if logs
        else None,
    }


def _metrics(random: np.random.Generator, names: list[str], epochs: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "epoch": n + 1,
            "seconds": 80.0 + n % 3,
            "rows_per_second": 812.0 - n,
            "learning_rate": 1e-3,
        }
        for n in range(epochs)
    ]
    x = np.arange(epochs) / max(epochs - 1, 1)
    for name in names:
        speed, depth = random.uniform(1.5, 5), random.uniform(0.1, 0.45)
        train = depth * 0.6 + np.exp(-speed * x) * 0.7
        validation = train + 0.05 + 0.35 * random.uniform(0.2, 1) * x**2
        for prefix, loss in ((name, train), (f"val_{name}", validation)):
            loss = loss + random.normal(0, 0.01, epochs)
            for metric in METRICS:
                value = loss if metric == "loss" else 1 - loss / 2.2 - 0.02 * METRICS.index(metric)
                for logs, each in zip(found, value, strict=True):
                    logs[f"{prefix}_{metric}"] = float(each)
    for logs in found:
        for prefix in ("", "val_"):
            logs[f"{prefix}loss"] = sum(logs[f"{prefix}{name}_loss"] for name in names)
    return found


def _evaluation(
    random: np.random.Generator, spaces: dict[str, list[str]], logs: dict[str, Any]
) -> dict[str, Any]:
    reviews = {}
    for name, names in spaces.items():
        task = classification(name, names)
        labels = np.minimum(random.geometric(0.35, 400) - 1, len(names) - 1)
        labels = np.where(random.random(400) < 0.5, labels, random.integers(0, len(names), 400))
        scores = random.normal(size=(400, len(names)))
        scores[np.arange(400), labels] += 2.5
        predictions = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        review = task.review(labels.astype("int32"), np.ones(400, "float32"), predictions)
        worst = np.argsort(-review.badness)
        texts = [_text(random) for _ in range(400)]
        for row, nasty in zip(worst[1:], NASTY, strict=False):
            texts[row] = nasty
        reviews[name] = review_json(review, texts)
    figures = {
        f"{name}_{metric}": logs[f"val_{name}_{metric}"] for name in spaces for metric in METRICS
    }
    return {"checkpoint": "best", "splits": {"test": {"logs": figures, "tasks": reviews}}}


def _text(random: np.random.Generator) -> str:
    text = " ".join(random.choice(_WORDS, random.integers(8, 90)))
    return f"{text[0].upper()}{text[1:]}."


def _data(random: np.random.Generator, spaces: dict[str, list[str]]) -> dict[str, Any]:
    return {f"{name}_rows": _profile(random, name, names) for name, names in spaces.items()}


def _profile(random: np.random.Generator, name: str, names: list[str]) -> dict[str, Any]:
    splits = {"train": 2000, "validation": 220, "test": 400}
    counts = {
        split: dict(zip(names, random.multinomial(rows, _shares(len(names))).tolist(), strict=True))
        for split, rows in splits.items()
    }
    lengths = {"min": 1, "p5": 9, "p50": 41, "p95": 188, "p99": 402, "max": 2450, "mean": 61.3}
    return {
        "name": f"{name}_rows",
        "splits": {
            split: {
                "rows": rows,
                "fingerprint": random.bytes(32).hex(),
                "words": lengths,
                "empty_texts": 3 if split == "train" else 0,
                "unlabelled": {name: 0},
            }
            for split, rows in splits.items()
        },
        "labels": {name: {"names": names, "counts": counts}},
        "duplicates": [
            {"in": "train", "of": "train", "rows": 12},
            {"in": "train", "of": "test", "rows": 4},
            {"in": "test", "of": "test", "rows": 0},
        ],
        "nulls": {"train": {"dropped": 5, "unlabelled": {name: 2}}},
        "screened": {
            "dropped": 9,
            "conflicting_labels": {"rows": 2, "by": {name: 2}},
            "near_duplicates": {
                "similarity": 0.9,
                "shingle_words": 3,
                "rows": {"train": 7, "validation": 0, "test": 1},
            },
        },
        "examples": [{"text": text, "labels": {name: names[0]}} for text in NASTY[:3]],
    }


def _shares(labels: int) -> np.ndarray:
    weights = 1 / np.arange(1, labels + 1)
    return weights / weights.sum()
