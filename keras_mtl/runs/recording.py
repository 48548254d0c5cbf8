"""What a run writes down while it trains: an entry for each epoch, and TensorBoard's files."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import keras

from keras_mtl.runs.folder import METRICS, RunFolder, line_of


class EpochRecorder(keras.callbacks.Callback):
    """Adds an entry to `metrics.jsonl` at the end of every epoch.

    Args:
        folder: The run folder.
        rows_per_epoch: Rows of all streams in an epoch.
    """

    def __init__(self, folder: RunFolder, rows_per_epoch: int) -> None:
        super().__init__()
        self.folder = folder
        self.rows_per_epoch = rows_per_epoch
        self.entries: list[dict[str, Any]] = []
        self._begin = self._trained = 0.0

    def get_state(self) -> dict[str, Any]:
        """What it remembers, for `SaveAndResume`."""
        return {"entries": self.entries}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take back what `get_state` gave; the file has these entries then."""
        self.entries = list(state["entries"])
        self.folder.write(METRICS, "".join(map(line_of, self.entries)))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._begin, self._trained = time.perf_counter(), 0.0

    def on_test_begin(self, logs: Any = None) -> None:
        # Validation follows the last step of an epoch.
        self._trained = self._trained or time.perf_counter() - self._begin

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        seconds = time.perf_counter() - self._begin
        rate = self.rows_per_epoch / max(self._trained or seconds, 1e-9)
        entry = {
            "epoch": epoch + 1,
            "seconds": round(seconds, 3),
            "rows_per_second": round(rate, 1),
            "learning_rate": finite(self.model.optimizer.learning_rate),
            **{name: finite(value) for name, value in (logs or {}).items()},
        }
        self.entries.append(entry)
        self.folder.append(METRICS, entry)


class TensorBoardWriter(keras.callbacks.Callback):
    """Writes the logs of each epoch for TensorBoard, on every backend.

    Keras's own callback needs TensorFlow, and writes train and validation into two folders; here
    `tone/loss` and `validation/tone/loss` stand in one, so that runs can be compared side by side;
    and what a balancer did as `tone/weight`, `tone/gradient_norm` and `cosine/tone_topic`.

    Args:
        path: The folder of the event files.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._writer: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        from tensorboard.summary import Writer

        self._writer = Writer(str(self.path))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        for name, value in (logs or {}).items():
            if finite(value) is not None:
                self._writer.add_scalar(self._tag(name), float(value), epoch + 1)
        self._writer.flush()

    def on_train_end(self, logs: Any = None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; Keras does not say so where a training breaks off."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _tag(self, name: str) -> str:
        part, own = ("validation/", name[4:]) if name.startswith("val_") else ("", name)
        for task, metrics in self.model.settings.scoring.metrics.items():
            for metric in ("loss", "weight", "gradient_norm", *(one.name for one in metrics)):
                if own == f"{task}_{metric}":
                    return f"{part}{task}/{metric}"
        return f"cosine/{own.removesuffix('_cosine')}" if own.endswith("_cosine") else part + own


def finite(value: Any) -> float | None:
    """A figure as JSON can hold it: `None` for NaN and infinity."""
    number = float(keras.ops.convert_to_numpy(value))  # It may be one for each replica.
    return number if math.isfinite(number) else None
