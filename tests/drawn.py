"""What is drawn on axes, for tests of figures: their texts, and whether one can read them, also without colour."""

import itertools

import numpy as np
from matplotlib import colors
from matplotlib.text import Text


def texts_of(ax):
    """All texts that are shown: labels, numbers, titles, legends, and those of panels inside."""
    found = []
    for one in (ax, *ax.child_axes):
        found += [t for t in one.texts if t.get_text()]
        found += [one.title, one._left_title, one._right_title]
        for axis in (one.xaxis, one.yaxis) if one.axison else ():
            found.append(axis.label)
            low, high = sorted(axis.get_view_interval())
            pairs = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=False)
            found += [label for place, label in pairs if low <= place <= high and axis.get_visible()]
        if one.get_legend():
            found += [*one.get_legend().get_texts(), one.get_legend().get_title()]
    return [t for t in found if t.get_text() and t.get_visible()]


def assert_legible(ax):
    """No text covers another one or leaves the figure, and none is tiny."""
    ax.figure.canvas.draw()
    page = ax.figure.bbox.padded(1.5)
    # of an annotation the text alone, without its arrow
    boxes = {text: Text.get_window_extent(text) for text in texts_of(ax)}
    for (a, first), (b, second) in itertools.combinations(boxes.items(), 2):
        wide = min(first.x1, second.x1) - max(first.x0, second.x0)
        high = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert wide < 1.0 or high < 1.0, (a.get_text(), b.get_text())
    for text, box in boxes.items():
        assert page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1, text.get_text()
        assert text.get_fontsize() >= 5.0, text.get_text()


def assert_labels_clear(panel):
    """No label of a map covers another one or the middle of a marker."""
    boxes = [text.get_window_extent() for text in panel.texts if text.get_text()]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    for line in panel.lines:
        pixel = panel.transData.transform(line.get_xydata()[0])
        assert not any(box.contains(*pixel) for box in boxes)


def legend_words(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def words_of(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def brightness(colour):
    """Relative luminance, as of WCAG."""
    rgb = np.array(colors.to_rgb(colour))
    return float(np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


def contrast(first, second):
    """Of two colours, as of WCAG: 1 to 21."""
    low, high = sorted((brightness(first), brightness(second)))
    return (high + 0.05) / (low + 0.05)
