from __future__ import annotations

from pyhandles.graph.folding import Folding
from tests.heap import Heap


def steps(heap: Heap, target: int, **options: bool) -> list[tuple[int, str]]:
    """Source and label of each step to the object."""
    folding = Folding(heap.snapshot(), **options)
    return [(step.source, folding.label(step).text) for step in folding.referrers(target)]


def test_an_attribute_is_one_step_whether_or_not_it_lies_in_a_dict():
    heap = Heap()
    value = heap.instance("app.Value")
    inline, with_dict, namespace = heap.instance("app.A"), heap.instance("app.A"), heap.object("dict")
    heap.refer(inline, ".x", value)
    heap.refer(with_dict, "member __dict__", namespace)
    heap.refer(namespace, ".x", value)

    assert steps(heap, value) == [(inline, "attribute .x"), (with_dict, "attribute .x")]
    assert steps(heap, value, raw=True) == [(inline, "attribute .x"), (namespace, "attribute .x")]


def test_a_global_is_one_step_from_its_module():
    heap = Heap()
    pool = heap.list()
    module = heap.module("app", POOL=pool)

    assert steps(heap, pool) == [(module, "global POOL")]


def test_a_closure_variable_is_one_step_from_its_function():
    heap = Heap()
    conns = heap.list()
    function = heap.function("app.on_closed", closure={"conns": conns})

    assert steps(heap, conns) == [(function, "closure variable conns")]
    [(cell, label)] = steps(heap, conns, raw=True)
    assert (heap.snapshot().type_name(cell), label) == ("cell", "member cell_contents")


def test_a_variable_that_a_closure_shares_is_a_step_from_the_function_and_one_from_the_frame():
    heap = Heap()
    conns = heap.list()
    function = heap.function("app.on_closed", closure={"conns": conns})
    [(cell, _)] = steps(heap, conns, raw=True)
    frame = heap.frame("open", conns=cell)

    assert set(steps(heap, conns)) == {(function, "closure variable conns"), (frame, "local variable conns")}


def test_a_cell_that_something_else_holds_too_is_shown_as_well():
    heap = Heap()
    conns = heap.list()
    function = heap.function("app.on_closed", closure={"conns": conns})
    [(cell, _)] = steps(heap, conns, raw=True)
    heap.list(cell)

    assert steps(heap, conns) == [(function, "closure variable conns"), (cell, "member cell_contents")]


def test_who_holds_a_bound_method_holds_its_instance():
    heap = Heap()
    handler = heap.instance("app.Handler")
    method = heap.method(heap.function("app.Handler.handle"), handler)
    server = heap.instance("app.Server")
    heap.refer(server, ".callback", method)

    assert steps(heap, handler) == [(server, "attribute .callback")]
    assert steps(heap, handler, raw=True) == [(method, "member __self__")]


def test_a_bound_method_that_native_code_holds_is_shown():
    heap = Heap()
    handler = heap.instance("app.Handler")
    method = heap.method(heap.function("app.Handler.handle"), handler)
    heap.hold(method)
    assert steps(heap, handler) == [(method, "member __self__")]

    callbacks = heap.list(method)
    assert steps(heap, handler) == [(callbacks, "item [0]"), (method, "member __self__")]


def test_a_dict_that_something_else_holds_too_is_shown_as_well():
    heap = Heap()
    value, owner, namespace = heap.instance("app.Value"), heap.instance("app.A"), heap.object("dict")
    heap.refer(owner, "member __dict__", namespace)
    heap.refer(namespace, ".x", value)
    heap.list(namespace)

    assert steps(heap, value) == [(owner, "attribute .x"), (namespace, "attribute .x")]


def test_functions_that_refer_to_their_module_do_not_show_its_dict():
    heap = Heap()
    pool = heap.list()
    module = heap.module("app", POOL=pool)
    namespace = module + 1
    heap.refer(heap.function("app.f"), "member __globals__", namespace)

    assert steps(heap, pool) == [(module, "global POOL")]


def test_a_dict_without_an_owner_stands_for_itself():
    heap = Heap()
    value, namespace = heap.instance("app.Value"), heap.object("dict")
    heap.refer(namespace, "global x", value)

    assert steps(heap, value) == [(namespace, "global x")]


def test_weak_references_are_not_steps():
    heap = Heap()
    value = heap.instance("app.Value")
    heap.refer(heap.instance("app.Registry"), "weak", value)

    assert steps(heap, value) == []
    assert steps(heap, value, raw=True, background=True) == []


def test_instances_say_nothing_of_why_their_class_lives_unless_asked():
    heap = Heap()
    instance = heap.instance("app.A")
    class_ = heap.type("app.A")
    module = heap.module("app", A=class_)

    assert steps(heap, class_) == [(module, "global A")]
    assert steps(heap, class_, background=True) == [(module, "global A"), (instance, "type")]


def test_a_guess_counts_only_where_a_reference_is_unexplained():
    heap = Heap()
    frame = heap.frame("handle")
    held, free = heap.instance("app.A", held=1), heap.instance("app.B")
    heap.refer(frame, "candidate 0", held)
    heap.refer(frame, "candidate 1", free)

    assert steps(heap, held) == [(frame, "evaluation stack")]
    assert steps(heap, free) == []


def test_a_loop_of_bound_methods_ends():
    heap = Heap()
    one, other = heap.object("method"), heap.object("method")
    heap.refer(one, "member __self__", other)
    heap.refer(other, "member __self__", one)

    assert steps(heap, one)
