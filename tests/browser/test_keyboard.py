"""Everything that a mouse can do is reached with the Tab key, in sight and in order."""

from __future__ import annotations

import pytest

PAGES = [
    "index.html",
    "ch2/playground.html",
    "ch4/convolution.html",
    "glossary.html",
    "reference/layers.html",
]

# Elements that can be operated now: visible, enabled, and for radio buttons one of each group.
OPERABLE = """() => {
    const all = [...document.querySelectorAll(
        "main :is(a[href], button, input, select, textarea, summary, [tabindex='0'])"
    )];
    const groups = new Set();
    let count = 0;
    for (const element of all) {
        if (!element.checkVisibility({visibilityProperty: true}) || element.disabled) continue;
        if (element.tabIndex < 0) continue;
        if (element.type === "radio") {
            if (groups.has(element.name)) continue;
            groups.add(element.name);
        }
        element.dataset.operable = count++;
    }
    return count;
}"""

FOCUS = """() => {
    const element = document.activeElement;
    if (element === document.body) return null;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    // A radio button stands for its group, whichever of the group has the focus.
    const leader = element.type === "radio"
        ? document.querySelector(`input[name='${element.name}'][data-operable]`) : element;
    return {
        number: leader?.dataset.operable ?? null,
        html: element.outerHTML.slice(0, 120),
        outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
            || style.boxShadow !== "none",
        inSight: box.bottom > 0 && box.top < innerHeight,
    };
}"""


@pytest.mark.parametrize("name", PAGES)
def test_tab_reaches_everything_and_shows_where_it_is(visit, name):
    page = visit(name)
    page.wait_for_timeout(500)
    count = page.evaluate(OPERABLE)
    assert count > 5
    reached, faults = set(), []
    page.keyboard.press("Tab")
    for _ in range(count + 200):  # the sidebars have stops of their own
        focus = page.evaluate(FOCUS)
        if focus is None:
            break
        if focus["number"] is not None:
            reached.add(int(focus["number"]))
            if not focus["outlined"]:
                faults.append(f"no focus ring: {focus['html']}")
            if not focus["inSight"]:
                faults.append(f"out of sight: {focus['html']}")
        page.keyboard.press("Tab")
    missing = sorted(set(range(count)) - reached)
    get = "n => document.querySelector(`[data-operable='${n}']`).outerHTML.slice(0, 120)"
    faults += [f"not reached: {page.evaluate(get, number)}" for number in missing[:5]]
    assert not faults, "\n".join(faults[:10])
