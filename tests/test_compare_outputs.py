"""Two folders of outputs are compared: what differs is named for what it is."""

import pytest

import compare_outputs

PAGE = """<style>p { width: 7px }</style><p class="a">The loss is 0.25</p>
<script type="application/json">{"steps": ["\\u003cb class=\\"x\\">one</b>", 2]}</script>
<script>let speed = 300</script>"""


def compared(monkeypatch, capsys, tmp_path, before, after, *options, allowed=""):
    """Exit code, and what is printed of two folders that are given as name → text."""
    for folder, texts in {"before": before, "after": after}.items():
        for name, text in texts.items():
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / name).write_text(text)
    (tmp_path / "bettered.toml").write_text(allowed)
    monkeypatch.setattr(compare_outputs, "ALLOWED", tmp_path / "bettered.toml")
    monkeypatch.setattr("sys.argv", ["compare", str(tmp_path / "before"), str(tmp_path / "after"), *options])
    code = compare_outputs.main()
    return code, capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "before", "after", "said", "code"),
    [
        ("a.txt", "loss 0.25", "loss 0.25", "1 equal, 0 numbers differ, 0 words differ", 0),
        (
            "a.txt",
            "loss 0.25",
            "loss 0.251",
            "a.txt: numbers differ, words equal\n    -loss 0.25\n    +loss 0.251\n",
            1,
        ),
        ("a.txt", "loss 0.25", "Loss 0.25", "a.txt: numbers equal, words differ", 0),
        ("a.txt", "loss −1 rises", "loss 1 rises", "a.txt: numbers differ", 1),
        ("a.txt", "loss 1e-3", "loss 1e-4", "a.txt: numbers differ", 1),
        ("a.txt", "a·b", "a × b", "a.txt: numbers equal, words equal, signs", 0),
        ("a.txt", "损失 0.25", "误差 0.25", "a.txt: numbers equal, words differ", 0),
        ("a.html", PAGE, PAGE.replace('class="a"', 'class="b2"'), "words equal, markup: 1 tags gone, 1 new of ", 0),
        ("a.html", PAGE, PAGE.replace("7px", "8px"), "numbers equal, words equal, markup", 0),
        ("a.html", PAGE, PAGE.replace("300", "400"), "numbers equal, words equal, markup", 0),
        ("a.html", PAGE, PAGE.replace("0.25", "0.5"), "a.html: numbers differ, words equal", 1),
        ("a.html", PAGE, PAGE.replace(", 2]", ", 3]"), "a.html: numbers differ, words equal", 1),
        ("a.html", PAGE, PAGE.replace("one", "two"), "a.html: numbers equal, words differ", 0),
        ("a.html", PAGE, PAGE.replace("The", "\n The "), "a.html: numbers equal, words equal, blanks", 0),
    ],
)
def test_what_differs_is_named(monkeypatch, capsys, tmp_path, name, before, after, said, code):
    got, out = compared(monkeypatch, capsys, tmp_path, {name: before}, {name: after})
    assert said in out
    assert got == code


def test_a_file_that_is_gone_fails_and_a_new_one_does_not(monkeypatch, capsys, tmp_path):
    code, out = compared(monkeypatch, capsys, tmp_path, {"a.txt": "1", "b.txt": "2"}, {"a.txt": "1"})
    assert (code, "b.txt: missing" in out) == (1, True)
    code, out = compared(monkeypatch, capsys, tmp_path, {}, {"b.txt": "2", "c.txt": "3"})
    assert (code, "c.txt: new" in out) == (0, True)


def test_what_is_meant_passes_with_its_reason_and_its_numbers_only_where_it_says_so(monkeypatch, capsys, tmp_path):
    rule = '[[allowed]]\nfiles = "a*"\nreason = "says more"\n'
    code, out = compared(monkeypatch, capsys, tmp_path, {"a.txt": "one 1"}, {"a.txt": "two 2"}, allowed=rule)
    assert (code, "1 numbers differ" in out) == (1, True)
    code, out = compared(monkeypatch, capsys, tmp_path, {}, {}, allowed=rule + "numbers = true\n")
    assert (code, "(meant: says more)" in out, "1 meant" in out) == (0, True, True)
