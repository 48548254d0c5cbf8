"""A task is named after its column, or as near to it as a task may be named."""

from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.cli.task_names import task_names
from keras_mtl.tasks import check_tasks, classification


def names(**labels):
    return list(task_names(labels).values())


def test_a_column_gives_its_name_in_small_english_letters():
    assert names(reviews=["label", "Tone of Voice", "catégorie", "is-spam?"]) == [
        "label", "tone_of_voice", "categorie", "is_spam",
    ]  # fmt: skip


def test_columns_that_share_a_name_take_that_of_their_dataset():
    assert names(reviews=["label"], news=["label"]) == ["reviews", "news"]
    assert names(reviews=["topic", "tone"], news=["topic"]) == [
        "reviews_topic", "tone", "news_topic",
    ]  # fmt: skip
    assert names(reviews=["Label", "label"]) == ["reviews", "reviews_label"]


def test_names_that_a_task_may_not_have_are_changed():
    assert names(reviews=["loss", "val_tone", "2020", "评论", "trunk"]) == [
        "reviews_loss", "reviews_val_tone", "reviews_2020", "reviews", "reviews_trunk",
    ]  # fmt: skip
    assert names(评论=["情感", "主题"]) == ["task", "task_2"]
    assert names(reviews=["tone", "tone_head"]) == ["tone", "reviews_tone_head"]
    assert names(reviews=["tone_head", "tone"]) == ["tone_head", "reviews_tone"]


TEXTS = st.text(max_size=8) | st.sampled_from(["label", "loss", "val", "a", "a_head", "A", "评"])


@given(st.dictionaries(TEXTS, st.lists(TEXTS, min_size=1, max_size=4, unique=True), max_size=4))
def test_any_columns_give_names_that_a_model_can_have(labels):
    found = task_names(labels)
    assert list(found) == [(data, column) for data, columns in labels.items() for column in columns]
    if found:
        check_tasks([classification(name, ("no", "yes")) for name in found.values()])
