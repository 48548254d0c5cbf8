"""Which files are one dataset, and which of its splits each is, is told by their names."""

from pathlib import Path

import pytest

from keras_mtl.data.guessing.split_files import group_files


def groups(*names):
    found = group_files(Path("/data") / name for name in names)
    return {
        dataset: {split: str(file.relative_to("/data")) for split, file in files.items()}
        for dataset, files in found.items()
    }


def test_a_split_word_at_the_end_joins_files():
    names = ("reviews_test.csv.gz", "reviews-dev.tsv", "news.csv", "reviews.TRAIN.csv")
    assert groups(*names) == {
        "reviews": {
            "train": "reviews.TRAIN.csv",
            "validation": "reviews-dev.tsv",
            "test": "reviews_test.csv.gz",
        },
        "news": {"train": "news.csv"},
    }


@pytest.mark.parametrize("word", ["validation", "valid", "val", "dev"])
def test_validation_has_several_words(word):
    found = groups("a.csv", f"a_{word}.csv")
    assert found == {"a": {"train": "a.csv", "validation": f"a_{word}.csv"}}


@pytest.mark.parametrize("word", ["test", "testing", "eval", "evaluation", "heldout", "holdout"])
def test_test_has_several_words(word):
    assert groups("a.csv", f"a_{word}.csv") == {"a": {"train": "a.csv", "test": f"a_{word}.csv"}}


def test_a_split_word_in_front_joins_files_where_there_is_a_training_file():
    names = ("test_reviews.csv", "train_reviews.csv")
    assert groups(*names) == {"reviews": {"train": "train_reviews.csv", "test": "test_reviews.csv"}}
    for train in ("reviews.csv", "Reviews_Train.csv", "reviews-train.tsv"):
        (found,) = groups("test_reviews.csv", train).values()
        assert found == {"train": train, "test": "test_reviews.csv"}


def test_names_that_differ_in_case_are_one_and_spaces_stand_between_words():
    names = ("Reviews_Test.tsv", "reviews_train.csv", "REVIEWS dev.csv", "Val Reviews.csv")
    assert groups(*names[:3]) == {
        "reviews": {"train": names[1], "validation": names[2], "test": names[0]}
    }
    assert groups(names[1], names[3])["reviews"]["validation"] == names[3]
    assert list(groups("mine_test.csv", "Mine.csv")) == ["Mine"]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("reviews-test-v2.csv", "test"),
        ("test_results.csv", "test"),
        ("reviews (test).csv", "test"),
        ("Dev.set.tsv.gz", "dev"),
        ("holdout_reviews_train.csv", "holdout"),
        ("train_test.csv", "test"),
    ],
)
def test_a_file_put_aside_by_its_name_is_not_trained_on(name, word):
    message = f"Received: .*, with '{word}'. Rename it, or name it behind"
    with pytest.raises(ValueError, match=message):
        groups("reviews.csv", name)


def test_a_split_word_alone_leaves_the_name_of_the_folder():
    names = ("imdb/train.jsonl", "imdb/test.jsonl.gz", "sst2/train.jsonl")
    assert groups(*names) == {
        "imdb": {"train": "imdb/train.jsonl", "test": "imdb/test.jsonl.gz"},
        "sst2": {"train": "sst2/train.jsonl"},
    }
    assert list(group_files([Path("/train.csv")])) == ["data"]


def test_a_word_that_ends_like_a_split_word_is_none():
    names = ("contest.csv", "strain.csv", "trainers.csv", "latest.csv")
    assert groups(*names) == {Path(name).stem: {"train": name} for name in names}


def test_names_that_are_taken_get_the_folder_or_a_number():
    assert list(groups("a/x.csv", "b/x.csv", "c/b/x.csv")) == ["x", "b_x", "x_2"]


def test_a_file_given_twice_counts_once():
    assert groups("a.csv", "a.csv") == {"a": {"train": "a.csv"}}


def test_a_dataset_has_a_training_file_and_one_file_for_each_split():
    with pytest.raises(ValueError, match="'reviews' must have a training file. .*dev.csv'"):
        groups("reviews_dev.csv", "reviews_test.csv")
    with pytest.raises(ValueError, match="one file for train. Received: .*a.csv', .*a_train.csv'"):
        groups("a.csv", "a_train.csv")
