"""Figures that tests show beside their goals; run pytest with -s to see them."""


def at_most(what: str, figure: float, goal: float) -> None:
    print(f"\n{what}: {figure:.3g} (goal: at most {goal:g})")
    assert figure <= goal


def at_least(what: str, figure: float, goal: float) -> None:
    print(f"\n{what}: {figure:.3g} (goal: at least {goal:g})")
    assert figure >= goal


def exactly(what: str, figure: object, goal: object) -> None:
    print(f"\n{what}: {figure} (goal: {goal})")
    assert figure == goal
