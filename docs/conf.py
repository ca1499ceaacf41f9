"""How the pages are built: ``sphinx-build -W -n docs build/docs``. Nothing is fetched from a network."""

import os
import sys
from pathlib import Path
from typing import Any

import dcrisk

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "dcrisk"
author = "The dcrisk founders"
project_copyright = "2026, The dcrisk founders"
version = release = dcrisk.__version__

extensions = [
    "mathml",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
    "validation",
]
root_doc = "index"
exclude_patterns = ["_*", "gallery", "search.md", "auto-gallery/**.ipynb", "auto-gallery/**.py"]
nitpicky = True

# pages are Markdown that also reads well on a code host
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
myst_links_external_new_tab = False

html_math_renderer = "mathml"

# the docstrings say types, shapes and units in words; signatures show names and defaults
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

os.environ["MPLBACKEND"] = "Agg"
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto-gallery",
    "abort_on_example_error": True,
    "backreferences_dir": "_generated/backreferences",
    "capture_repr": ("_repr_html_",),
    "download_all_examples": False,
    "min_reported_time": 1e9,
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "within_subsection_order": "FileNameSortKey",
}

html_theme = "pydata_sphinx_theme"
html_title = f"dcrisk {release}"
html_static_path = ["_static"]
html_css_files = ["dcrisk.css"]
templates_path = ["_templates"]
html_show_sourcelink = False
html_sidebars = dict.fromkeys(("index", "tutorial", "validation*", "citing", "gallery"), [])  # nothing to navigate
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "show_toc_level": 2,
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


# links to what is shown on a page of another name
OUTSIDE = {
    "search.md": "/choice-of-sites.md",  # Sphinx has a page of its own by the name of search
    "../search.md": "/choice-of-sites.md",
    "../docs/search.md": "/choice-of-sites.md",
    "../benchmarks/README.md": "/benchmarks.md",
    "../../benchmarks/README.md": "/benchmarks.md",
    "../CHANGELOG.md": "/changelog.md",
    "../docs/": "/",
}


def lead_to_pages(app: Any, document: str, text: list[str]) -> None:
    """Let links that work on a code host lead to the page that is built."""
    for link, page in OUTSIDE.items():
        text[0] = text[0].replace(f"]({link}", f"]({page}")


def draw_thumbnail() -> None:
    """The graph of the shipped scenario, as a picture by itself, for the gallery."""
    html = dcrisk.load_scenario("ovh-strasbourg-2021")._repr_html_()
    svg = html[html.index("<svg") : html.index("</svg>") + 6].replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"')
    (HERE / "_generated").mkdir(exist_ok=True)
    (HERE / "_generated" / "scenario-graph.svg").write_text(svg.replace("currentColor", "#333"))


def setup(app: Any) -> None:
    """Register the above."""
    app.connect("config-inited", lambda app, config: draw_thumbnail())
    app.connect("source-read", lead_to_pages)
    app.connect("include-read", lambda app, path, document, text: lead_to_pages(app, document, text))
