"""How many weights the recurrent layers of a network have, beside what they would have with another cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.network import Network

PLAN = {"rnn": "h(h+d)+h", "lstm": "4(h(h+d)+h)", "gru": "3h(h+d)"}
"""A layer's weights by the learning plan's equations, in which h' and x are joined; its GRU has no bias."""
_HEAD = ("", "equations", "weights", "in torch")


def tables(network: Network) -> Iterator[tuple[str, str]]:
    """A title and a table, as HTML, for the first layer and for those above it, which are alike.

    torch has more: two biases beside every matrix.
    """
    cell, sizes = getattr(network.settings, "cell", ""), network.sizes
    for size in sizes[:2]:
        which = (
            f"layer {size.layer}" if size is sizes[0] or len(sizes) == 2 else f"each layer from 2 to {len(sizes)}"
        )
        both = ", in each direction" if getattr(network.settings, "bidirectional", False) else ""
        title = f"Parameters of {which}{both}<br>d = {size.d} inputs, h = {size.h} units"
        rows = []
        for kind, formula in PLAN.items():
            count, more = grouped(size.plan[kind]), size.biases[kind]
            row = (kind.upper(), formula, count, f"{grouped(more)} more" if more else "the same")
            rows.append(tuple(f"<b>{each}</b>" for each in row) if kind == cell else row)
        yield title, _columns((_HEAD, *rows))
    if network.convolutions:
        muted, lines = theme.current().muted, []
        for each in network.convolutions:
            name = each.name if each.times == 1 else f"{each.name} ({each.times})"
            kind = f"<span style='color:{muted}'>{each.kind} {each.kernel[0]} × {each.kernel[1]}</span>"
            lines.append((f"{name}<br>{kind}", grouped(each.weights), grouped(each.products)))
        yield (
            "Convolutions: frames × bands; products of a step",
            _columns((("", "weights", "products"), *lines)),
        )


def grouped(count: int) -> str:
    """1 234 567: its thousands apart by a narrow space that does not break."""
    return f"{count:,}".replace(",", "\u202f")


def _columns(rows: Sequence[Sequence[str]]) -> str:
    ink, space = theme.current().muted, "padding:1px 12px 1px 0; white-space:nowrap"
    lines = []
    for number, row in enumerate(rows):
        style = f"color:{ink}; {space}" if number == 0 else space
        lines.append("".join(f"<td style='{style}'>{each}</td>" for each in row))
    return "<table cellspacing='0' cellpadding='0'>" + "".join(f"<tr>{each}</tr>" for each in lines) + "</table>"
