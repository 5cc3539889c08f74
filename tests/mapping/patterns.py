"""Random filter patterns, and records that they can be compared with."""

from typing import Any

from hypothesis import strategies as st

scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([0.5, 1.0]) | st.text("ab", max_size=2)
names = st.sampled_from(["a", "b", "c"])
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3))
records = st.dictionaries(names, values, max_size=3)
leaves = st.lists(
    scalars
    | st.sampled_from(
        [
            {"exists": True},
            {"exists": False},
            {"prefix": "a"},
            {"suffix": {"equals-ignore-case": "B"}},
            {"equals-ignore-case": "AB"},
            {"anything-but": ["a", "ab"]},
            {"anything-but": [1, 2]},
            {"anything-but": {"prefix": "a"}},
            {"numeric": [">", -3, "<=", 3]},
        ]
    ),
    min_size=1,
    max_size=3,
)


def _patterns(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.dictionaries(names, inner, min_size=1, max_size=3)
    return objects | st.builds(
        lambda object_, alternatives: {**object_, "$or": alternatives},
        objects,
        st.lists(objects, min_size=2, max_size=2),
    )


patterns = _patterns(st.recursive(leaves, _patterns, max_leaves=6))


def with_levels(count: int, name: str) -> dict[str, Any]:
    """Return a pattern with a number of levels, of which the first has this name."""
    pattern: dict[str, Any] = {"b": ["x"]}
    for _ in range(count - 2):
        pattern = {"c": pattern}
    return {name: [pattern, {"d": ["x"]}] if name == "$or" else pattern}
