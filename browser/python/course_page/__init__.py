"""What runs beside the reader's code in the Python of a page.

The page's worker (browser/src/worker.js) loads this package into Pyodide. It runs cells as Jupyter
would and hands back nbformat outputs. Everything but the loading itself can be imported and tested
in any Python.
"""
