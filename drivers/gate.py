"""The send gate of a channel on which equipment of several protocols may hang."""

from collections.abc import Callable, Iterable, Sequence

from drivers.link import Gate
from protocols.session import Effect

__all__ = ["build_gate", "classify_for"]

Classify = Callable[[bytes], Effect]


def classify_for(classifiers: Sequence[Classify]) -> Classify:
    """The effect of a send on equipment of any of these protocols.

    Another protocol's equipment on the same wire hears it too: it is reading only if no protocol names it
    anything else, and control if two name it differently, for the switch of one must not let the other pass.
    What no protocol can name is unknown.
    """

    def classify(data: bytes) -> Effect:
        effects = {one(data) for one in classifiers} - {Effect.UNKNOWN}
        if not effects:
            return Effect.UNKNOWN
        changing = effects - {Effect.READ}
        if len(changing) > 1:
            return Effect.CONTROL
        return changing.pop() if changing else Effect.READ

    return classify


def build_gate(classifiers: Sequence[Classify], switches: Iterable[Effect] = ()) -> Gate:
    """A gate for a channel of these protocols; without any protocol nothing passes."""
    return Gate(classify_for(classifiers), switches)
