"""A small run file on small tables, for tests of what can be wrong with them."""

RUN = """\
# A comment.
output: out
seed: 3
data:
  reviews:
    train: reviews.csv
    text: review
    labels: {tone: [neg, pos], stars: null}
    validation_fraction: 0.25
  wires: {train: wires.jsonl, validation_fraction: 0.25}
tasks:
  tone: {data: reviews}
  stars: {data: reviews, class_weight: balanced, weight: 0.5}
  topic: {data: wires, column: label, hidden_dim: 4}
tokenizer: {vocabulary_size: 50, sequence_length: 8}
trunk:
  kind: bag
  embedding_dim: 4
  bigram_buckets: 16
mixture: {batch_size: 8, length_classes: 1}
training:
  epochs: 1
  optimizer: {kind: adam, learning_rate: 1e-2}
  early_stopping: {patience: 1}
"""
TONES, TOPICS = ("neg", "pos"), ("oil", "tea", "tin")


def write_run(folder):
    """Two tables and the run file in a folder; the path of the run file."""
    rows = [f"a {TONES[n % 2]} film {n},{TONES[n % 2]},{n % 3}" for n in range(24)]
    (folder / "reviews.csv").write_text("\n".join(["review,tone,stars", *rows, ""]))
    rows = [
        f'{{"text": "price of {TOPICS[n % 3]}", "label": "{TOPICS[n % 3]}"}}' for n in range(24)
    ]
    (folder / "wires.jsonl").write_text("\n".join([*rows, ""]))
    (folder / "run.yaml").write_text(RUN)
    return folder / "run.yaml"
