"""Files as people drop them: a wrong one is answered by one sentence, and what was there stays."""

import pytest

from clearprop.play.conversation import Conversation

ROWS = "\n".join(f"{i},{i % 2}" for i in range(30))
WRONG = {
    "a PDF": ("%PDF-1.7\n1 0 obj <<>>\nendobj", "no table of text"),
    "a PNG": ("\x89PNG\r\n\x1a\n\0\0", "no table of text"),
    "empty": ("", "is empty"),
    "blank": ("  \n\n", "is empty"),
    "one column": ("a\n" + "\n".join(map(str, range(20))), "at least one input column"),
    "one row": ("a,b,c\n1,2,3", "the same in every row"),
    "names alone": ("a,b,c\n", "has no rows"),
    "10,000 columns": (",".join(f"c{i}" for i in range(10_000)) + "\n" + ",".join("1" * 10_000), "10,000 columns"),
    "a web page": ("<!DOCTYPE html>\n<html><body><table><tr><td>1</td></tr></table></body></html>", "is a web page"),
    "a huge field": (f"a,b\n1,{'x' * 3_000_000}\n{ROWS}", "a line of 3,000,002 letters"),
    "one class": ("a,kind\n" + "\n".join(f"{i},cat" for i in range(30)), "one class only"),
    "a letter": ("Dear all,\nthis is a letter.\nBye, me\n", "no regular table"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_gets_a_sentence(name):
    text, part = WRONG[name]
    talk = Conversation()
    before = talk.bench.current()
    answer = talk.answer({"do": "table", "name": "given.csv", "text": text})
    assert list(answer) == ["error"]
    assert part in answer["error"]
    assert "\n" not in answer["error"]
    assert len(answer["error"]) < 250
    assert talk.bench.current() == before


HEADERLESS = "5.1,3.5,0\n" + "\n".join(f"{i / 7:.1f},{i * i % 11},{i % 2}" for i in range(60))


def test_a_first_line_of_numbers_is_a_row_and_that_is_said():
    talk = Conversation()
    guessed = talk.answer({"do": "table", "name": "given.csv", "text": HEADERLESS})["frame"]
    assert guessed["table"]["named"] is False
    assert sum(guessed["rows"]) == 61
    assert "nothing but numbers" in guessed["said"][0]
    targeted = talk.answer({"do": "table", "target": guessed["inputs"][1]})["frame"]
    assert targeted["table"]["named"] is False
    chosen = talk.answer({"do": "table", "header": "names"})["frame"]
    assert chosen["inputs"] == ["5.1", "3.5"]
    assert sum(chosen["rows"]) == 60
    assert not any("nothing but numbers" in one for one in chosen["said"])
    values = talk.answer({"do": "table", "header": "values"})["frame"]
    assert values["rows"] == guessed["rows"]
    assert not any("nothing but numbers" in one for one in values["said"])


def test_a_column_that_repeats_a_number_in_its_first_line_is_no_double_name():
    answer = Conversation().answer({"do": "table", "text": "0,0,1\n" + HEADERLESS})
    assert sum(answer["frame"]["rows"]) == 62


def test_an_empty_file_is_not_the_table_that_was_there():
    talk = Conversation()
    talk.answer({"do": "table", "name": "given.csv", "text": HEADERLESS})
    assert "is empty" in talk.answer({"do": "table", "name": "other.csv", "text": ""})["error"]


def test_of_few_rows_none_is_kept_for_a_test_and_that_is_said():
    found = Conversation().answer({"do": "table", "text": "0,0,0\n0,1,1\n1,0,1\n1,1,0"})["frame"]
    assert found["rows"] == [4, 0]
    assert any(one == "Of 4 rows all are learned: none is kept for a test." for one in found["said"])


def test_a_share_of_nothing_for_the_test_is_none():
    talk = Conversation()
    assert talk.answer({"do": "table", "text": HEADERLESS})["frame"]["rows"] == [49, 12]
    assert talk.answer({"do": "change", "part": "data", "changes": {"test": 0}})["frame"]["rows"] == [61, 0]
