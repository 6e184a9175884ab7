"""Everything the site needs so that its pages can run Python in the reader's browser.

`assemble.py` puts it together below ``build/browser/``; it is called by ``tools/build_book.py``.
"""
