"""The main job in a minute, on text that the package generates: train, export, serve.

    make demo

Reviews (a tone each) and newswire (a topic each) train one model with two outputs, beside a
model for each alone; the joint model is exported and answers in a fresh process.
"""

import json
import subprocess
import sys

import imdb_reuters

import keras_mtl as mtl

FRESH_PROCESS = """
import json, sys
import keras_mtl as mtl
print(json.dumps(mtl.Predictor(sys.argv[1])(json.loads(sys.argv[2]))))
"""


def main():
    options = imdb_reuters.parse(
        datasets=["demo_reviews", "demo_newswire"],
        size=24,
        epochs=8,
        learning_rate=4e-3,
        vocabulary_size=3_000,
        verbose=0,
        output="saved_models/demo",
    )
    imdb_reuters.main(options)
    rows = [mtl.load_dataset(name).test.select([3]) for name in options.datasets]
    texts = [row.texts[0] for row in rows]
    print("\nThe exported model, in a fresh process, on a test row of each set:")
    command = [sys.executable, "-c", FRESH_PROCESS, options.output, json.dumps(texts)]
    answers = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for row, answer in zip(rows, json.loads(answers.splitlines()[-1]), strict=True):
        words = [f"{task}: {one['label']} ({one['score']:.2f})" for task, one in answer.items()]
        print(f"  {row.texts[0][:90]} ...\n    {', '.join(words)}; labelled {row['label'][0]!r}")
    print(
        f"\nWhat was shipped is in {options.output}: saved_model/ (raw text in), model.keras\n"
        "(to go on training), tokenizer.json, and bundle.json (labels, versions, checksums).\n"
        "The same on real sets: python examples/imdb_reuters.py"
    )


if __name__ == "__main__":
    main()
