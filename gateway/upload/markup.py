"""HTML from Python, escaped unless made here: a text from outside cannot become markup.

el("p", "meter ", el("b", number), class_="row")
"""

import html
from collections.abc import Iterable

from protocols.dumps.text import clean

__all__ = ["Child", "Markup", "data", "document", "el", "join"]

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
_LONGEST = 500


class Markup(str):
    """Text that is HTML already; only `el` and its neighbours make it."""

    __slots__ = ()


Child = str | int | None | Iterable["Child"]
"""What may stand in an element: Markup as it is, other text escaped, None nothing, several in turn."""


def join(*children: Child) -> Markup:
    """Children one after the other."""
    return Markup("".join(map(_child, children)))


def el(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """An element. `class_` and `for_` stand for names that Python keeps, `_` for `-`; False and None leave it out."""
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{_escaped(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Markup(f"<{name}{given}>")
    return Markup(f"<{name}{given}>{join(*children)}</{name}>")


def data(text: object, longest: int = _LONGEST) -> Markup:
    """Text that somebody else wrote: one line, control and direction characters inert, set apart."""
    inert = clean(str(text), longest)
    return el("bdi", inert) if inert else Markup()


def document(language: str, head: Child, body: Child) -> str:
    """A whole page."""
    return "<!doctype html>" + el("html", el("head", head), el("body", body), lang=language)


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str | int):
        return _escaped(str(child))
    return join(*child)


def _escaped(text: str) -> str:
    return html.escape(text, quote=True)
