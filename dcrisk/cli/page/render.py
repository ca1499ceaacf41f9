"""The pages themselves."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from dcrisk.cli.page.content import Call, estimate_content, results_content

if TYPE_CHECKING:
    import xarray as xr


def render_results(results: xr.Dataset, call: Call, **options: Any) -> str:
    """The page of what `dcrisk.simulate` returned."""
    return _fill("results.html", results_content(results, call, **options))


def render_estimate(found: xr.Dataset, call: Call, *, name: str) -> str:
    """The page of what `dcrisk.estimate` returned."""
    return _fill("estimate.html", estimate_content(found, call, name=name))


def _fill(template: str, content: Mapping[str, Any]) -> str:
    try:
        import jinja2
    except ImportError as error:
        raise ImportError("report needs jinja2: pip install 'dcrisk[cli]'") from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dcrisk.cli.page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    folder = resources.files("dcrisk.cli.page") / "templates"
    style = (folder / "page.css").read_text(encoding="utf-8")
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template(template).render(content, style=style, allowed_style=f"'sha256-{allowed}'")
