"""Ask every address outside the site whether it still answers: `make linkcheck`.

Not part of the tests: other people's servers have bad days. Addresses that do not answer are listed
with the pages that name them.
"""

from __future__ import annotations

import argparse
import collections
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urldefrag

from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "book" / "_build" / "html"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TIMEOUT = 30  # seconds
# Publishers answer so to programs; the page is there for people.
REFUSED = {401, 403, 405, 406, 418, 429}


def external_links(site: Path) -> dict[str, list[str]]:
    """Every address outside the site, and the pages that lead to it."""
    pages: dict[str, list[str]] = collections.defaultdict(list)
    for path in sorted(site.rglob("*.html")):
        if {"_static", "lite"} & set(path.parts):
            continue
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        found = {urldefrag(link["href"]).url for link in page.select("a[href^=http]")}
        for address in found:
            pages[address].append(path.relative_to(site).as_posix())
    return dict(sorted(pages.items()))


def answer(address: str) -> str:
    """What is wrong with an address; nothing if it answers."""
    request = urllib.request.Request(address, headers={"User-Agent": BROWSER})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT):
            return ""
    except urllib.error.HTTPError as error:
        return "" if error.code in REFUSED else f"status {error.code}"
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))


def check(addresses: Iterable[str]) -> dict[str, str]:
    """The addresses that do not answer, and why; a few at a time are asked, and twice."""
    faults = dict.fromkeys(addresses, "")
    for _ in range(2):
        with ThreadPoolExecutor(8) as pool:
            faults = dict(zip(faults, pool.map(answer, faults), strict=True))
        faults = {address: fault for address, fault in faults.items() if fault}
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description="Check the links that leave the site.")
    parser.add_argument("--site", type=Path, default=SITE)
    pages = external_links(parser.parse_args().site)
    faults = check(pages)
    for address, fault in faults.items():
        print(f"{address}: {fault}\n    on {', '.join(pages[address])}")
    print(f"{len(pages)} addresses, {len(faults)} without an answer")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
