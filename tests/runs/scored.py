"""A run file for scores and grades of one table, and of another dataset beside it."""

RUN = """\
output: out
data:
  reviews:
    train: reviews.csv
    test: reviews.csv
    labels: {grade: [poor, fair, good]}
    scores: stars
    nulls: unlabelled
    validation_fraction: 0.25
  other: {train: other.jsonl, labels: [], scores: [stars], validation_fraction: 0.25}
tasks:
  stars: {kind: regression, data: [reviews, other], range: [1, 5]}
  grade: {kind: ordinal, data: reviews}
trunk: {kind: bag, embedding_dim: 4, bigram_buckets: 0}
mixture: {batch_size: 8, length_classes: 1}
training:
  epochs: 3
  optimizer: {kind: adam, learning_rate: 0.05}
  early_stopping: {by: stars, metric: pearson, patience: 3}
"""
WORDS = ("awful", "weak", "plain", "nice", "superb")


def write_scored(folder):
    """Two tables and the run file in a folder; the path of the run file."""
    rows = [
        f"a {WORDS[n % 5]} film,{'' if n % 7 == 6 else n % 5 + 1.0},"
        f"{'' if n % 9 == 8 else ('poor', 'poor', 'fair', 'good', 'good')[n % 5]}"
        for n in range(40)
    ]
    (folder / "reviews.csv").write_text("\n".join(["text,stars,grade", *rows, ""]))
    rows = [f'{{"text": "{WORDS[n % 5]}", "stars": {n % 5 + 1}}}' for n in range(20)]
    (folder / "other.jsonl").write_text("\n".join([*rows, ""]))
    (folder / "run.yaml").write_text(RUN)
    return folder / "run.yaml"
