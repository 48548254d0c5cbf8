"""The best and the last model of a run, kept while it trains."""

import math
import shutil
from pathlib import Path
from typing import Any

from keras_mtl.training import checkpoint_files as files
from keras_mtl.training.watching import By, Choice, Metric, Mode, Watched, WatchingCallback


class BestAndLast(WatchingCallback):
    """Keep the model of the best and of the last epoch in a folder.

    At the end of every epoch the model, its optimizer included, becomes `last.keras`, and
    `best.keras` as well if no epoch was better. `checkpoints.json` says which epochs they are of
    and holds their checksums; `load_checkpoint` verifies both. Under these names there is nothing
    half-written, whenever the run is killed. An epoch is judged as `MultiTaskEarlyStopping` does,
    by the training logs in a `fit` without validation data.

    A `fit` with an `initial_epoch` above 0 goes on from the best in the folder if that is of the
    same configuration and judged alike; else the first epoch is the best so far.

    Args:
        folder: Where to keep them; made if it is not there.
        by: Whose figure counts: `"all"` tasks, one task, or task name to weight.
        metric: `"loss"`, or the name of a metric; or task name to one.
        mode: `"min"`, `"max"`, or `"auto"`, which knows it for losses and known metrics.
        configuration: A text that tells runs apart, such as a checksum of all settings; kept in
            `checkpoints.json`, and compared by `load_checkpoint`.

    Raises:
        CheckpointError: In `fit`, if the folder cannot be written to or the disk is full.
        TypeError: If an argument is of the wrong type; in `fit`, if the model has no tasks.
        ValueError: If `by` is `"each"`, which gives no single figure; in `fit`, if a task or a
            metric is unknown.
    """

    def __init__(
        self,
        folder: files.PathLike,
        by: By = "all",
        metric: Metric = "loss",
        mode: Mode = "auto",
        configuration: str = "",
    ) -> None:
        super().__init__(Choice(type(self).__name__, by, metric, mode))
        if by == "each":
            raise ValueError(
                f"`by` of {self.choice.whose} must give one figure: 'all', a task, or a "
                "dictionary from task to weight. Received: by='each'."
            )
        if not isinstance(configuration, str):
            raise TypeError(
                f"`configuration` of {self.choice.whose} must be a text. "
                f"Received: configuration={configuration!r}."
            )
        self.folder = Path(folder)
        self.configuration = configuration
        self._entries: dict[str, dict[str, Any]] = {}
        self._epochs = 0
        self._begun = False

    @property
    def best(self) -> dict[str, Any] | None:
        """`{"epoch", "metric", "value"}` of the best epoch, counted from 1; `None` before it."""
        entry = self._entries.get("best")
        return entry and {key: entry[key] for key in ("epoch", "metric", "value")}

    def on_train_begin(self, logs: Any = None) -> None:
        self.watched = self.choice.of(self.model, validated=self.model._validates)
        self._entries, self._begun = {}, False
        if self.model.writes:
            files.guarded(self.folder, self._prepare)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if not self._begun and epoch > 0:
            self._go_on()
        self._begun, self._epochs = True, epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._epochs = epoch + 1
        value = self._watched.value(logs)
        best = self._entries.get("best", {}).get("value")
        self._save(value, value is not None and self._watched.improves(value, best))

    def get_state(self) -> dict[str, Any]:
        """What it remembers, for `SaveAndResume`."""
        return {"entries": self._entries, "epochs": self._epochs}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take back what `get_state` gave."""
        self._entries, self._epochs, self._begun = dict(state["entries"]), state["epochs"], True

    def save_last(self) -> None:
        """Write `last.keras` now, as when a run is interrupted inside an epoch.

        Its entry has the number of finished epochs, and no value.

        Raises:
            CheckpointError: If the folder cannot be written to or the disk is full.
            ValueError: If no `fit` has begun.
        """
        if not self.watched:
            raise ValueError(
                f"`save_last` of {self.choice.whose} saves the model of a `fit`. Received: none "
                "has begun. Pass the callback to `fit` first."
            )
        self._save(None, False)

    @property
    def _watched(self) -> Watched:
        return self.watched["all"]

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        files.clear(self.folder)
        probe = files.partial(self.folder / files.INDEX)
        probe.write_text("", "utf-8")  # Better refused now than after an epoch.
        probe.unlink()

    def _go_on(self) -> None:
        if not (self.folder / files.INDEX).exists():
            return
        index = files.read_index(self.folder)
        found = {kind: files.entry_on_disk(self.folder, index, kind) for kind in files.KINDS}
        best, same = found["best"], index["configuration"] == self.configuration
        if same and best is not None and best.get("metric") == self._watched.name:
            self._entries = {kind: entry for kind, entry in found.items() if entry is not None}

    def _save(self, value: float | None, is_best: bool) -> None:
        if not self.model.writes:
            return
        try:
            files.guarded(self.folder, lambda: self._write(value, is_best))
        except files.CheckpointError:
            files.clear(self.folder)
            raise

    def _write(self, value: float | None, is_best: bool) -> None:
        last, best = (self.folder / f"{kind}.keras" for kind in ("last", "best"))
        written = files.partial(last)
        self.model.save(written)
        entry = {
            "file": last.name,
            "epoch": self._epochs,
            "metric": self._watched.name,
            "value": value if value is not None and math.isfinite(value) else None,
            "sha256": files.checksum(files.on_disk(written)),
        }
        coming = {"last": entry}
        if is_best:
            coming["best"] = {**entry, "file": best.name}
            shutil.copyfile(written, files.partial(best))
            files.on_disk(files.partial(best))
        # A kill between the renames finds the checksums of the old and of the new files.
        self._write_index(coming)
        for path in (best, last) if is_best else (last,):
            files.rename(path)
        self._entries |= coming
        self._write_index(None)

    def _write_index(self, coming: dict[str, Any] | None) -> None:
        index = {"format": files.FORMAT, "configuration": self.configuration}
        index |= {kind: self._entries.get(kind) for kind in files.KINDS}
        files.write_json(self.folder / files.INDEX, index | ({"coming": coming} if coming else {}))
