"""Mathematics as MathML, made when the pages are built: it is shown without a network and without a script."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from math_core import LatexToMathML
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

CONVERTER = LatexToMathML()  # an unknown command is an error, and stops the build


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Put a formula into the line."""
    formula = CONVERTER.convert_with_local_state(node.astext(), displaystyle=False)
    translator.body.append(formula + "\u2060")  # word joiner: a comma does not begin a line
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Give a formula lines of its own; a wide one can be scrolled."""
    formula = CONVERTER.convert_with_local_state(node.astext(), displaystyle=True)
    translator.body.append(f'<div class="formula">{formula}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer; ``html_math_renderer`` in conf.py picks it."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
