"""The coefficients of the capacity model (src/capacity/coefficients.h) out of measured cases, by least squares of the relative errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .cases import Case

# Above this PostgreSQL compresses the longest values of a row and stores them apart (TOAST_TUPLE_THRESHOLD).
TOAST_BYTES = 2000
Entry = dict[str, Any]


# The names are those of the C++ structure; the numbers are the bytes of a row's values and the share of repeated rows.
Term = Callable[[Case, float, float], float]
CONSUMER: dict[str, Term] = {
    "message": lambda case, row, again: 1,
    "message_byte": lambda case, row, again: case.bytes,
    "value": lambda case, row, again: case.rows * case.columns,
    "keyed_row": lambda case, row, again: case.rows * case.keyed,
    "updated_row": lambda case, row, again: case.rows * (case.key == "update") * again,
}
DATABASE: dict[str, Term] = {
    "row": lambda case, row, again: case.rows,
    "value": lambda case, row, again: case.rows * case.columns,
    "row_byte": lambda case, row, again: case.rows * row * (row <= TOAST_BYTES),
    "toasted_byte": lambda case, row, again: case.rows * row * (row > TOAST_BYTES),
    "ordered_key": lambda case, row, again: case.rows * (case.keyed and case.order != "uuid"),
    "random_key": lambda case, row, again: case.rows * (case.keyed and case.order == "uuid"),
    "ignored_row": lambda case, row, again: case.rows * (case.key == "ignore") * again,
    "updated_row": lambda case, row, again: case.rows * (case.key == "update") * again,
}


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss with the largest element as pivot; 0 for what nothing tells."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right)]
    pivots: list[int] = []
    at = 0
    for column in range(size):
        if at == size:
            break
        best = max(range(at, size), key=lambda i: abs(rows[i][column]))
        if abs(rows[best][column]) < 1e-12:
            continue
        rows[at], rows[best] = rows[best], rows[at]
        for i in range(size):
            if i != at:
                factor = rows[i][column] / rows[at][column]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[at])]
        pivots.append(column)
        at += 1
    found = [0.0] * size
    for i, column in enumerate(pivots):
        found[column] = rows[i][size] / rows[i][column]
    return found


def least_squares(features: list[list[float]], wanted: list[float]) -> list[float]:
    """No coefficient is negative: work that costs less than nothing would be noise."""
    used = list(range(len(features[0])))
    while True:
        scaled = [[row[i] / y for i in used] for row, y in zip(features, wanted)]
        matrix = [[sum(row[a] * row[b] for row in scaled) for b in range(len(used))] for a in range(len(used))]
        right = [sum(row[a] for row in scaled) for a in range(len(used))]
        # Columns of ones and of thousands: one scale for all.
        scale = [matrix[a][a] ** 0.5 or 1.0 for a in range(len(used))]
        matrix = [[matrix[a][b] / scale[a] / scale[b] for b in range(len(used))] for a in range(len(used))]
        solved = _solve(matrix, [right[a] / scale[a] for a in range(len(used))])
        found = [value / scale[a] for a, value in enumerate(solved)]
        negative = [a for a, value in enumerate(found) if value < 0]
        if not negative:
            return [found[used.index(i)] if i in used else 0.0 for i in range(len(features[0]))]
        del used[min(negative, key=lambda a: found[a])]


def coefficients(measured: list[tuple[Case, Entry]]) -> dict[str, dict[str, float]]:
    """Of those cases that the model is made of."""
    fitted = [(case, entry) for case, entry in measured if case.use == "fit"]
    found = {}
    for name, terms in (("consumer", CONSUMER), ("postgres", DATABASE)):
        if len(fitted) < len(terms):
            return {}
        features = [[term(case, entry["row_bytes"], entry["repeated"]) for term in terms.values()] for case, entry in fitted]
        values = least_squares(features, [entry[f"{name}_cpu"] for _, entry in fitted])
        found[name] = dict(zip(terms, values))
    return found
