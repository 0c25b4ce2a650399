"""What is remembered of a question: for how long, how much, and how it is changed and forgotten."""

from barograph.access.remembered import Remembered


def test_an_answer_is_as_old_as_its_question_and_goes_on_no_longer_when_it_is_changed():
    at = [0.0]
    one = Remembered(1.0, 2, lambda: at[0])
    asked_s = one.now_s()
    at[0] = 0.5
    assert one.keep("a", 1, asked_s) == 1
    one.amend("a", 2)
    at[0] = 0.99
    assert one.get("a") == 2
    at[0] = 1.0
    assert one.get("a") is None
    assert len(one) == 0
    one.amend("a", 3)
    assert one.get("a") is None, "what is not remembered is not changed"


def test_the_oldest_question_goes_first_and_what_is_forgotten_is_asked_again():
    one = Remembered(1.0, 2, lambda: 0.0)
    for name in ("a", "b", "a", "c"):
        one.keep(name, name.upper(), 0.0)
    assert [one.get(name) for name in ("a", "b", "c")] == ["A", None, "C"]
    one.forget(lambda value: value == "A")
    assert [one.get(name) for name in ("a", "c")] == [None, "C"]
