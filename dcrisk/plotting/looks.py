"""How the sites of a map look: plainly, as an event leaves them, or by their part in a layout."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SITE = "#0072B2"


class Look(Protocol):
    """What a map asks for each of its sites."""

    @property
    def title(self) -> str:
        """What follows the name of the scenario."""

    def mark(self, name: str, is_group: bool) -> dict[str, Any]:
        """The marker of a site, or of a group that is enlarged beside."""

    def frame(self, name: str) -> dict[str, Any] | None:
        """A larger marker around it."""

    def box(self, name: str) -> dict[str, Any]:
        """The frame of the name of a node whose place is not known."""

    def merged(self, group: dict[str, str]) -> Look:
        """With a look for each group too."""

    def legend(self, is_enlarged: bool) -> list[Any]:
        """What the legend shows of it."""

    def draw_bar(self, ax: Axes) -> None:
        """A bar of colours, if these stand for numbers."""


def marker(shape: str, size: float, label: str, **look: Any) -> Any:
    """A marker for a legend."""
    from matplotlib.lines import Line2D

    return Line2D([], [], marker=shape, markersize=size, linestyle="", label=label, **look)


ENLARGED = "sites close together, enlarged beside"


@dataclass(frozen=True)
class Plain:
    """All sites alike."""

    title: str = field(default="", kw_only=True)

    def mark(self, name: str, is_group: bool) -> dict[str, Any]:
        shape = {"marker": "D", "markersize": 10.0} if is_group else {"marker": "o", "markersize": 8.0}
        return shape | {"color": SITE, "mec": "white"}

    def frame(self, name: str) -> dict[str, Any] | None:
        return None

    def box(self, name: str) -> dict[str, Any]:
        return {}

    def merged(self, group: dict[str, str]) -> Plain:
        return self

    def legend(self, is_enlarged: bool) -> list[Any]:
        marks = [marker("o", 8, "site", color=SITE, mec="white")]
        if is_enlarged:
            marks.append(marker("D", 10, ENLARGED, color=SITE, mec="white"))
        return marks

    def draw_bar(self, ax: Axes) -> None:
        pass
