"""The report of a run as one HTML file."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from markupsafe import Markup

from keras_mtl.files import write_text
from keras_mtl.reports import figures
from keras_mtl.reports.balance_views import balance
from keras_mtl.reports.data_views import dataset_view
from keras_mtl.reports.overview import header, results
from keras_mtl.reports.results import FEW_TASKS, task_results
from keras_mtl.reports.run_files import RunFiles, read_run
from keras_mtl.reports.run_views import fingerprints, mixture, timing, versions
from keras_mtl.reports.task_views import run_panels, task_view
from keras_mtl.reports.transfer_views import transfer

_TEMPLATES = Path(__file__).parent / "templates"
# What HTML and XML know no letter for: controls but for tab and line end, halves of letters.
_NO_LETTERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def write_report(run_folder: str | os.PathLike[str]) -> Path:
    """Write `report.html` into the folder of a run, from the files that are there.

    The page stands by itself: it needs no network, no other file and no script, and follows the
    reader's choice of a light or a dark screen. The same files give the same page. One that was
    there is replaced at once or, on an error, not at all.

    Args:
        run_folder: The folder of a run, finished or not. `run.json` must be there; what else is
            missing (`config.yaml`, `metrics.jsonl`, `data.json`, `evaluation.json`) is left out
            of the page.

    Returns:
        The path of `report.html`.

    Raises:
        FileNotFoundError: If there is no such folder, or no `run.json` in it.
        ValueError: If a file is damaged, or of a newer format.
    """
    folder = Path(run_folder)
    text = _render(read_run(folder))
    path = folder / "report.html"
    write_text(path, text)
    return path


def _render(files: RunFiles) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        # Files of a run may lack what another has; its place stays empty.
        undefined=jinja2.ChainableUndefined,
        finalize=letters,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        figure=figures.figure,
        count=figures.count,
        percent=figures.percent,
        duration=figures.duration,
        words=figures.words,
    )
    return environment.get_template("report.html.j2").render(_contents(files))


def _contents(files: RunFiles) -> dict[str, Any]:
    """All that the template shows."""
    tasks = task_results(files)
    views = [task_view(files, task) for task in tasks]
    logs = run_panels(files)
    found = results(files, tasks)
    return {
        "run": header(files),
        "results": found,
        "transfer": transfer(files, tasks, found["split"]),
        "tasks": views,
        "few": len(tasks) <= FEW_TASKS,
        "drawn": bool(logs) or any(view["panels"] for view in views),
        "balance": balance(files),
        "detailed": any(task.figures or task.review for task in tasks),
        "datasets": [dataset_view(name, profile) for name, profile in files.data.items()],
        "timing": timing(files),
        "mixture": mixture(files),
        "logs": logs,
        "config": files.config,
        "versions": versions(files),
        "fingerprints": fingerprints(files),
    }


def letters(value: Any) -> Any:
    """A text with what is no letter shown as one, so that the page is well-formed."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    text = _NO_LETTERS.sub(_visible, value.replace("\r\n", "\n").replace("\r", "\n"))
    return Markup(text) if isinstance(value, Markup) else text


def _visible(found: re.Match[str]) -> str:
    code = ord(found[0])
    # Unicode has pictures of the first 32 controls.
    return chr(0x2400 + code) if code < 32 else "\N{REPLACEMENT CHARACTER}"
