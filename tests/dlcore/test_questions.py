"""Questions: the HTML of the built page, the widgets in Jupyter, and reading numbers."""

import json
import shutil
import subprocess
import sysconfig
from pathlib import Path

import ipywidgets
import pytest
from bs4 import BeautifulSoup

import dlcore
from dlcore import _static_html
from dlcore._markup import block_html, inline_html, plain_text
from dlcore.questions import Choice, choice, free, judge_numbers, number, parse_numbers

# The second place is where the extra `node` puts it.
NODE = shutil.which("node") or shutil.which("node", path=sysconfig.get_path("scripts"))
SCRIPT = Path(dlcore.__file__).parent / "static" / "course-widgets.js"
HOSTILE = "<script>alert('1')</script>"
CHOICES = {"5 × 5": "That is padding *0*.", "7 × 7": "$6 + 2 - 2 + 1 = 7$."}


@pytest.fixture
def static(monkeypatch):
    monkeypatch.setenv("DLCORE_STATIC", "1")
    monkeypatch.setattr(_static_html, "_on_this_page", {})


@pytest.fixture(autouse=True)
def jupyter_unless_static(monkeypatch):
    monkeypatch.delenv("DLCORE_STATIC", raising=False)


def parse(fragment):
    return BeautifulSoup(fragment.html, "html.parser")


def ask_choice(**changes):
    settings = {"question": "How large?", "choices": CHOICES, "correct": "7 × 7"} | changes
    return choice(settings.pop("name", "q-size"), **settings)


def ask_number(**changes):
    settings = {
        "question": "How large?",
        "answer": (7, 7),
        "explanation": "$6 + 2 - 2 + 1 = 7$.",
        "hints": {(5, 5): "That is padding 0."},
    } | changes
    return number(settings.pop("name", "q-number"), **settings)


def ask_free(**changes):
    settings = {"question": "Why?", "model_answer": "First.\n\nSecond `x`."} | changes
    return free(settings.pop("name", "q-free"), **settings)


class TestStatic:
    @pytest.mark.parametrize("ask", [ask_choice, ask_number, ask_free])
    def test_fields_are_labelled_and_grouped_under_the_question(self, static, ask):
        page = parse(ask(question="How *large*?"))
        assert page.form.fieldset.legend.decode_contents() == "How <em>large</em>?"
        fields = page.select("fieldset input, fieldset textarea")
        assert fields
        for field in fields:
            assert len(page.select(f'label[for="{field["id"]}"]')) == 1
        ids = [element["id"] for element in page.find_all(id=True)]
        assert len(ids) == len(set(ids))
        assert page.select_one(".dlc-buttons").has_attr("hidden"), "no button without the script"
        assert page.select_one("[role=status]")["aria-live"] == "polite"

    @pytest.mark.parametrize("ask", [ask_choice, ask_number, ask_free])
    def test_same_output_twice_and_no_handlers(self, static, ask):
        assert ask().html == ask().html
        for element in parse(ask()).find_all(True):
            assert not [key for key in element.attrs if key.startswith("on")]

    def test_every_choice_has_its_explanation_out_of_sight(self, static):
        page = parse(ask_choice())
        told = {t["data-dlc-key"]: (t["data-dlc-state"], t.text) for t in page.select("template")}
        assert told["0"] == ("wrong", "Not right. That is padding 0.")
        assert told["1"] == ("right", r"Right. \(6 + 2 - 2 + 1 = 7\).")
        assert told["empty"][0] == told["cleared"][0] == "note"
        for template in page.select("template"):
            template.decompose()
        assert "padding" not in page.text

    def test_radios_form_one_group(self, static):
        radios = parse(ask_choice()).select("input[type=radio]")
        assert [r["value"] for r in radios] == ["0", "1"]
        assert len({r["name"] for r in radios}) == 1
        assert not any(r.has_attr("checked") for r in radios)

    def test_formulas_are_spoken_in_names(self, static):
        page = parse(
            ask_choice(
                question=r"Is $n \times n$ so?", choices={"$7^2$": "a", "no": "b"}, correct=0
            )
        )
        assert page.fieldset["aria-label"] == "Is n × n so?"
        formula, words = page.select("input")
        assert formula["aria-label"] == "7^2"
        assert not words.has_attr("aria-label")

    @pytest.mark.parametrize("correct", [1, "7 × 7"])
    def test_choices_as_a_sequence(self, static, correct):
        listed = ask_choice(choices=[Choice(*pair) for pair in CHOICES.items()], correct=correct)
        assert listed.html == ask_choice().html

    def test_number_carries_answer_and_hints(self, static):
        page = parse(ask_number(tolerance=0.5))
        field = page.select_one("input[type=text]")
        assert json.loads(field["data-dlc-answer"]) == [7, 7]
        assert json.loads(field["data-dlc-hints"]) == [[5, 5]]
        assert field["data-dlc-tolerance"] == "0.5"
        told = {t["data-dlc-key"]: t.text for t in page.select("template")}
        assert told["hint-0"] == "Not right. That is padding 0."
        assert told["format"] == "Write 2 numbers, such as 3 × 4."

    @pytest.mark.parametrize("ask", [ask_number, ask_free])
    def test_unfolding_button_names_what_it_unfolds(self, static, ask):
        page = parse(ask())
        button = page.select_one("[aria-expanded]")
        assert button["aria-expanded"] == "false"
        assert page.find(id=button["aria-controls"]).has_attr("hidden")

    def test_model_answer_has_paragraphs(self, static):
        template = parse(ask_free()).select_one("template[data-dlc-key=unfolded]")
        assert template.decode_contents() == "<p>First.</p><p>Second <code>x</code>.</p>"

    def test_hostile_texts_stay_texts(self, static):
        fragments = [
            ask_choice(question=HOSTILE, choices={HOSTILE: HOSTILE, "b": "b"}, correct=0),
            ask_number(question=HOSTILE, explanation=HOSTILE, hints={(1, 1): HOSTILE}),
            ask_free(question=HOSTILE, model_answer=f"${HOSTILE}$ `{HOSTILE}`"),
        ]
        for fragment in fragments:
            page = parse(fragment)
            assert page.find("script") is None
            assert page.legend.text == HOSTILE

    def test_an_id_stands_for_one_question(self, static):
        ask_choice(name="q-same")
        with pytest.raises(ValueError, match="'q-same' is already used"):
            ask_free(name="q-same")


class TestJupyter:
    def test_choice_explains_what_was_taken(self):
        box = ask_choice()
        radio = next(w for w in box.children if isinstance(w, ipywidgets.RadioButtons))
        check, feedback = box.children[-2:]
        check.click()
        assert feedback.value == "<p>Choose an answer first.</p>"
        radio.value = "0"
        check.click()
        assert feedback.value == ("<p><strong>Not right.</strong> That is padding <em>0</em>.</p>")
        radio.value = "1"
        assert feedback.value == "", "what was said about the answer before is gone"
        check.click()
        assert feedback.value.startswith("<p><strong>Right.</strong>")

    def test_formulas_in_choices_stand_in_a_lettered_list(self):
        box = ask_choice(choices={"$n$": "No.", "*b*": "Yes."}, correct=1)
        assert r"<li>\(n\)</li>" in box.children[0].value.replace(
            '<span class="math mathjax_process">', ""
        ).replace("</span>", "")
        assert [label for label, _ in box.children[1].options] == ["A", "B"]

    def test_plain_choices_stand_at_the_buttons(self):
        box = ask_choice(choices={"`pad`": "No.", "*same*": "Yes."}, correct=1)
        assert [label for label, _ in box.children[1].options] == ["pad", "same"]

    def test_number_is_checked_by_enter_and_by_the_button(self):
        box = ask_number()
        _question, field, buttons, feedback, unfolded = box.children
        check, show = buttons.children
        check.click()
        assert feedback.value == "<p>Write an answer first.</p>"
        field.value = "5x5"
        assert "That is padding 0." in feedback.value
        field.value = "7, 7"
        assert "<strong>Right.</strong>" in feedback.value
        show.value = True
        assert "6 + 2 - 2 + 1" in unfolded.value
        show.value = False
        assert unfolded.value == ""

    def test_model_answer_unfolds(self):
        _question, area, show, unfolded = ask_free().children
        area.value = "My thoughts."
        assert unfolded.value == ""
        show.value = True
        assert unfolded.value == "<p>First.</p><p>Second <code>x</code>.</p>"

    def test_an_edited_cell_may_run_again(self):
        ask_choice()
        assert ask_choice(question="How wide?") is not None


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ask_choice(correct="6 × 6"), ValueError, "correct to be one of"),
        (lambda: ask_choice(correct=2), ValueError, "position from 0 to 1, got 2"),
        (lambda: ask_choice(correct=True), ValueError, "got True"),
        (lambda: ask_choice(choices={"a": "Only."}, correct="a"), ValueError, "at least two"),
        (lambda: ask_choice(choices=[("a", "x"), ("a", "y")]), ValueError, "different choices"),
        (lambda: ask_choice(choices={"7 × 7": "Yes.", "b": " "}), ValueError, "empty text"),
        (lambda: ask_choice(name="Q 1"), ValueError, "'Q 1'"),
        (lambda: ask_number(answer="7"), TypeError, "answer to be a number"),
        (lambda: ask_number(answer=True), TypeError, "answer to be a number"),
        (lambda: ask_number(answer=float("nan"), hints={}), ValueError, "finite"),
        (lambda: ask_number(answer=()), ValueError, "finite"),
        (lambda: ask_number(hints={5: "One number."}), ValueError, "length 2"),
        (lambda: ask_number(hints={(7, 7): "Right."}), ValueError, "wrong answer"),
        (lambda: ask_number(tolerance=-1), ValueError, "tolerance"),
        (lambda: ask_number(tolerance=float("nan")), ValueError, "tolerance"),
        (lambda: ask_free(model_answer=""), ValueError, "empty text"),
    ],
)
def test_errors_say_what_is_expected(call, error, words):
    with pytest.raises(error, match=words):
        call()


READINGS = [
    ("7", 1, [7]),
    (" 7. ", 1, [7]),
    ("-0.5", 1, [-0.5]),
    ("\N{MINUS SIGN}.5", 1, [-0.5]),
    ("1e-3", 1, [0.001]),
    ("1/4", 1, [0.25]),
    ("1 / 4", 1, [0.25]),
    ("½", 1, [0.5]),
    ("1/0", 1, None),
    ("61,706", 1, [61706]),
    ("60 965 224", 1, [60965224]),
    ("1,000,000.5", 1, [1000000.5]),
    ("0,250", 1, None),
    ("12,34", 1, None),
    ("７", 1, [7]),
    ("7x7", 1, None),
    ("seven", 1, None),
    ("", 1, None),
    ("7x7", 2, [7, 7]),
    ("7 X 7", 2, [7, 7]),
    ("7×7", 2, [7, 7]),
    ("７×７", 2, [7, 7]),
    ("7 * 5", 2, [7, 5]),
    ("7, 7", 2, [7, 7]),
    ("(7,7)", 2, [7, 7]),
    ("[ 7, 7 ]", 2, [7, 7]),
    ("7 by 7", 2, [7, 7]),
    ("7 7", 2, [7, 7]),
    ("7,", 2, None),
    ("7", 2, None),
    ("6×28×28", 3, [6, 28, 28]),
    ("6, 28, 28", 3, [6, 28, 28]),
]

JUDGEMENTS = [
    ("", [7], 0, [], "empty"),
    ("  ", [7], 0, [], "empty"),
    ("x", [7], 0, [], "format"),
    ("7 7", [7], 0, [], "format"),
    ("7", [7], 0, [[5]], "right"),
    ("5", [7], 0, [[6], [5]], "hint-1"),
    ("8", [7], 0, [[6], [5]], "wrong"),
    ("0.3333333333", [1 / 3], 0, [], "right"),
    ("0.333", [1 / 3], 0, [], "wrong"),
    ("0.333", [1 / 3], 0.001, [], "right"),
    ("7x6", [7, 7], 0, [[5, 5]], "wrong"),
]


@pytest.mark.parametrize(("text", "count", "expected"), READINGS)
def test_numbers_as_readers_write_them(text, count, expected):
    assert parse_numbers(text, count) == (None if expected is None else tuple(expected))


@pytest.mark.parametrize(("text", "answer", "tolerance", "hints", "expected"), JUDGEMENTS)
def test_judgements(text, answer, tolerance, hints, expected):
    assert judge_numbers(text, answer, tolerance, hints) == expected


@pytest.mark.skipif(NODE is None, reason="no Node.js to run the page's script")
def test_the_page_reads_and_judges_as_python_does():
    code = f"""
      require({json.dumps(str(SCRIPT))});
      const {{ parseNumbers, judgeNumbers }} = globalThis.dlcoreWidgets;
      const [readings, judgements] = JSON.parse(require("fs").readFileSync(0, "utf8"));
      console.log(JSON.stringify([
        readings.map(([text, count]) => parseNumbers(text, count)),
        judgements.map(([text, ...rest]) => judgeNumbers(text, ...rest)),
      ]));
    """
    cases = [[case[:-1] for case in READINGS], [case[:-1] for case in JUDGEMENTS]]
    run = subprocess.run(
        [NODE, "-e", code], input=json.dumps(cases), capture_output=True, text=True, check=True
    )
    expected = [[case[-1] for case in READINGS], [case[-1] for case in JUDGEMENTS]]
    assert json.loads(run.stdout) == expected


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        (
            "`a*b*c` and $x$",
            '<code>a*b*c</code> and <span class="math mathjax_process">\\(x\\)</span>',
        ),
        ("**very *much* so**", "<strong>very <em>much</em> so</strong>"),
        ("3 * 4 * 5", "3 * 4 * 5"),
        ("costs $5, not $6", "costs $5, not $6"),
        (r"\*not\* \$x\$ \`y\`", "*not* $x$ `y`"),
        (
            r"$\alpha_1 * \beta * c$",
            '<span class="math mathjax_process">\\(\\alpha_1 * \\beta * c\\)</span>',
        ),
    ],
)
def test_markup(text, html):
    assert inline_html(text) == html


def test_paragraphs_and_plain_text():
    assert block_html("  One\n  line.\n\n  Two.\n") == "<p>One line.</p><p>Two.</p>"
    assert plain_text(r"**the *whole* `x`** \* $n$") == "the whole x * n"


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r"7 \times 7", "7 × 7"),
        (r"\frac{1}{4}", "1/4"),
        (r"\dfrac{n + 2p - f}{s} + 1", "(n + 2p - f)/s + 1"),
        (r"\left\lfloor \sqrt{x} \right\rfloor", "⌊ √x ⌋"),
        (r"\sigma(x) \le \lambda_{ij}\,\Delta w", "σ(x) ≤ λ_ij Δ w"),
        (r"1/\sqrt{a + b}", "1/√(a + b)"),
        (r"\max(0, \mathbf{x})", "max(0, x)"),
    ],
)
def test_formulas_in_plain_signs(tex, plain):
    assert plain_text(f"${tex}$") == plain
