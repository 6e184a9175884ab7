"""The sizes of a network as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dlcore._markup import table_html
from dlcore.layers.base import Shape


class SummaryRow(NamedTuple):
    """One layer of a network, for one input.

    Attributes
    ----------
    name : str
    output_shape : tuple of int
        Without the batch axis.
    params : int
        Trainable values.
    multiply_adds : int
        Multiply-add operations for one input.

    Examples
    --------
    >>> SummaryRow("conv1", (6, 28, 28), 156, 117_600).output_shape
    (6, 28, 28)
    """

    name: str
    output_shape: Shape
    params: int
    multiply_adds: int


class Summary:
    """Sizes of a network, layer by layer; prints as a table, in a notebook too.

    Attributes
    ----------
    input_shape : tuple of int
        Shape of one input, without the batch axis.
    rows : list of SummaryRow
    params, multiply_adds : int
        The totals.

    Examples
    --------
    >>> Summary((2,), [SummaryRow("affine1", (3,), 9, 6), SummaryRow("relu1", (3,), 0, 0)])
    layer    output shape  parameters  multiply-adds
    ------------------------------------------------
    input    (2,)
    affine1  (3,)                   9              6
    relu1    (3,)                   0              0
    ------------------------------------------------
    total                           9              6
    """

    def __init__(self, input_shape: Shape, rows: Sequence[SummaryRow]) -> None:
        self.input_shape = input_shape
        self.rows = list(rows)
        self.params = sum(row.params for row in rows)
        self.multiply_adds = sum(row.multiply_adds for row in rows)

    _header = ("layer", "output shape", "parameters", "multiply-adds")

    def _cells(self) -> list[tuple[str, str, str, str]]:
        """The rows of the table as text, first the input, last the totals."""
        return [
            ("input", str(self.input_shape), "", ""),
            *(
                (r.name, str(r.output_shape), f"{r.params:,}", f"{r.multiply_adds:,}")
                for r in self.rows
            ),
            ("total", "", f"{self.params:,}", f"{self.multiply_adds:,}"),
        ]

    def __str__(self) -> str:
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(self._header, *cells, strict=True)]

        def line(row: tuple[str, str, str, str]) -> str:
            texts = [row[0].ljust(widths[0]), row[1].ljust(widths[1])]
            numbers = [row[2].rjust(widths[2]), row[3].rjust(widths[3])]
            return "  ".join(texts + numbers).rstrip()

        rule = "-" * (sum(widths) + 6)
        body = [line(row) for row in cells]
        return "\n".join([line(self._header), rule, *body[:-1], rule, body[-1]])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        caption = "Output shapes and costs for one input"
        return table_html("network-summary", caption, self._header, self._cells())
