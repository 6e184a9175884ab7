"""How fast dlcore is, beside PyTorch and beside a straightforward implementation.

``make bench`` runs it all and renews ``results.json``, ``linear_cost.svg`` and the tables in
``README.md``, which also says what is measured and how.
"""
