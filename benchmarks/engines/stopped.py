"""A run of several processes that SIGTERM reaches in one of them; a script, as `engines.cell`.

    python -m engines.stopped ENGINE FOLDER [PROCESS STEP]      # in `benchmarks`

Trains with `SaveAndResume` in FOLDER. The PROCESS gets a SIGTERM at the end of its STEP, counted
from 0 over all epochs. Prints, behind FOUND, a JSON object: how many steps are done, what stopped
them, the files that are left in the folder, and the weights.
"""

import json
import os
import signal
import sys
from pathlib import Path

from engines.cell import engine, made

EPOCHS = 3


def run(folder, process, step):
    """Train, with a signal in one process, and tell what came of it."""
    import keras

    import keras_mtl as mtl

    model, mixture = made("lstm", "own", "uncertainty", keras.optimizers.Adam(0.01))
    number, _ = model.adapter.processes(model)

    class Signal(keras.callbacks.Callback):
        """Counts steps, those of earlier runs too."""

        done = 0

        def get_state(self):
            return {"done": self.done}

        def set_state(self, state):
            self.done = state["done"]

        def on_train_batch_end(self, batch, logs=None):
            if (number, self.done) == (process, step):
                os.kill(os.getpid(), signal.SIGTERM)
            self.done += 1

    signals, said = Signal(), ""
    saving = mtl.callbacks.SaveAndResume(folder, every_minutes=1e-9, keep=99)
    try:
        model.fit(mixture, epochs=EPOCHS, callbacks=[signals, saving], verbose=0)
    except mtl.callbacks.TrainingStopped as error:
        said = str(error)
    weights = [
        keras.ops.convert_to_numpy(one).astype("float64").ravel().tolist()
        for one in sorted(model.trainable_variables, key=lambda one: one.path)
    ]
    left = sorted(path.name for path in Path(folder).glob("*"))
    return {"steps": signals.done, "said": said, "left": left, "weights": weights}


def main(name, folder, process="-1", step="-1"):
    """Train on an engine."""
    scope = engine(name)
    import keras

    keras.config.set_floatx("float64")
    with scope:
        found = run(folder, int(process), int(step))
    print("FOUND" + json.dumps(found), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
