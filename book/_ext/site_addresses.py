"""What a page says about where it is: Open Graph tags, site map, a page for "not found", Colab.

All of it that names an address appears only when the address is set in _config.yml: the site's
(`html: baseurl`) for links to pages and the site map, the repository's for Colab. Canonical links,
edit links and Binder come from Sphinx and the theme under the same condition, see
tools/run_sphinx.py.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
# Shown with a link to the site; 1200 pixels wide, made by tools/readme_picture.py.
PICTURE = ROOT / "docs" / "page.png"
PICTURE_ALT = "A page of the course with an interactive figure."
DESCRIPTION_LENGTH = 200  # characters; who shows it cuts it off about there
NOT_FOUND = "404"


def check_addresses(_app: Sphinx, config: Config) -> None:
    """Stop when an address cannot be one, before it leads anybody nowhere."""
    base = config.html_baseurl
    if base and not re.fullmatch(r"https?://[^\s?#]+/", base):
        raise ConfigError(
            f"_config.yml, html: baseurl: expected an address like https://example.org/course/ "
            f"(with a slash at its end), got {base!r}"
        )
    repository = config.html_theme_options.get("repository_url", "")
    if config.notebooks_branch and not (base and _on_github(repository)):
        raise ConfigError(
            "_config.yml, notebooks_branch: Colab opens notebooks of GitHub repositories and "
            "fetches the package from the site; expected repository: url to be an address on "
            "GitHub and html: baseurl to be set, or notebooks_branch to be empty"
        )


def _on_github(address: str) -> bool:
    return address.startswith("https://github.com/")


# --- Open Graph ----------------------------------------------------------------------------------


def description(tree: nodes.document) -> str:
    """Return the beginning of the page's first sentences, for those who show a link to it.

    Paragraphs in boxes, and those with formulas, which would be TeX, are passed over.
    """
    for paragraph in tree.findall(nodes.paragraph):
        in_text = isinstance(paragraph.parent, (nodes.section, nodes.document))
        formulas = any(paragraph.findall(nodes.math))
        words = paragraph.astext().split()
        if in_text and not formulas and len(words) >= 8:
            text = " ".join(words)
            if len(text) <= DESCRIPTION_LENGTH:
                return text
            return text[:DESCRIPTION_LENGTH].rpartition(" ")[0].rstrip(",;:") + " …"
    return ""


def add_tags(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Put the tags into the head of a page that was made from a text."""
    if tree is None or app.builder.name != "html":
        return
    config = app.config
    home = page == config.root_doc
    title = config.html_title if home else app.env.titles[page].astext()
    tags = {
        "og:title": title,
        "og:type": "website" if home else "article",
        "og:site_name": config.html_title,
        "og:description": (about := description(tree)),
    }
    if config.html_baseurl:
        tags |= {
            "og:url": urljoin(config.html_baseurl, app.builder.get_target_uri(page)),
            "og:image": urljoin(config.html_baseurl, f"_static/{PICTURE.name}"),
            "og:image:alt": PICTURE_ALT,
            "twitter:card": "summary_large_image",
        }
    lines = [f'<meta name="description" content="{escape(about)}" />'] if about else []
    for name, content in tags.items():
        kind = "name" if name.startswith("twitter") else "property"
        if content:
            lines.append(f'<meta {kind}="{name}" content="{escape(content)}" />')
    context["metatags"] = context.get("metatags", "") + "\n" + "\n".join(lines)


def write_site_map(app: Sphinx, exception: Exception | None) -> None:
    """Write sitemap.xml, and the picture for links, if the site has an address."""
    base = app.config.html_baseurl
    if exception is not None or app.builder.name != "html" or not base:
        return
    pages = [app.builder.get_target_uri(page) for page in sorted(app.env.found_docs)]
    entries = "".join(f"  <url><loc>{escape(urljoin(base, page))}</loc></url>\n" for page in pages)
    Path(app.outdir, "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n',
        encoding="utf-8",
    )
    shutil.copyfile(PICTURE, Path(app.outdir, "_static", PICTURE.name))


# --- Not found -----------------------------------------------------------------------------------


def not_found(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Make the page that a static host shows for an address without a page.

    It is shown at any depth, so it loads nothing. Its links start with the site's path. As long as
    no address is set, that is found out in the browser: it ends before the first name that is one
    of the site's own folders.
    """
    folders = {page.partition("/")[0] for page in app.env.found_docs if "/" in page}
    context = {
        "root": urlsplit(app.config.html_baseurl).path,
        "folders": json.dumps(sorted(folders | {"notebooks", "_static", "_images"})),
        "logo": (ROOT / "book" / "_assets" / "logo.svg").read_text(encoding="utf-8"),
    }
    if app.builder.name == "html":
        yield NOT_FOUND, context, "not-found.html"


# --- Colab ---------------------------------------------------------------------------------------


def add_colab(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: nodes.document | None
) -> None:
    """Add Colab to the buttons that open a page elsewhere.

    Colab shows notebooks that lie in a GitHub repository. The repository's pages are Markdown, but
    the built site has each as a notebook; the setting names the branch to which it is pushed.
    """
    launch = [b for b in context.get("header_buttons", []) if b.get("label") == "launch-buttons"]
    if not app.config.notebooks_branch or not launch:
        return
    launch[0]["buttons"].append(
        {
            "type": "link",
            "text": "Colab",
            "tooltip": "Launch on Colab",
            "icon": "_static/images/logo_colab.png",
            "url": colab_address(app.config, f"notebooks/{page}.ipynb"),
        }
    )


def colab_address(config: Config, notebook: str) -> str:
    """Return the address under which Colab opens a notebook of the site."""
    repository = config.html_theme_options["repository_url"].rstrip("/")
    where = repository.removeprefix("https://github.com/")
    branch = quote(config.notebooks_branch)
    return f"https://colab.research.google.com/github/{where}/blob/{branch}/{notebook}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_config_value("notebooks_branch", "", "html", [str])
    app.connect("config-inited", check_addresses)
    app.connect("html-page-context", add_tags)
    # After the theme, whose list of buttons is complete after the usual priority of 500.
    app.connect("html-page-context", add_colab, priority=600)
    app.connect("html-collect-pages", not_found)
    app.connect("build-finished", write_site_map)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
