from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from pyhandles.render.trees import Branch, tree


def branch(text, *branches):
    return Branch(Text(text), branches)


def plain(lines):
    return [line.plain for line in lines]


def test_branches_hang_under_what_they_belong_to():
    top = branch("a", branch("b", branch("c")), branch("d"))

    assert plain(tree(top, None)) == ["a", "├─ b", "│  └─ c", "└─ d"]


def test_a_long_line_goes_on_beside_the_guide_to_its_branches():
    top = branch("a", branch("one two three four five", branch("c")), branch("d"))

    assert plain(tree(top, 20)) == ["a", "├─ one two three", "│  │  four five", "│  └─ c", "└─ d"]


def test_a_deep_tree_on_a_narrow_terminal_leaves_most_of_the_line_to_the_text():
    deep = branch("last")
    for _ in range(20):
        deep = branch("attribute .next of app.Node", deep)

    lines = plain(tree(deep, 40))

    assert all(cell_len(line) <= 40 for line in lines)
    assert lines[1] == "└attribute .next of app.Node"


def test_a_tree_deeper_than_python_recurses_is_drawn():
    deep = branch("last")
    for _ in range(5000):
        deep = branch("x", deep)

    assert len(tree(deep, None)) == 5001


trees = st.recursive(
    st.builds(branch, st.text("ab ", max_size=50)),
    lambda below: st.builds(
        lambda text, more: branch(text, *more), st.text("ab ", max_size=50), st.lists(below, max_size=3)
    ),
    max_leaves=12,
)


@given(trees, st.integers(40, 100))
def test_no_line_is_wider_than_the_terminal(top, width):
    assert all(cell_len(line) <= width for line in plain(tree(top, width)))
