"""Every Python block of the README and the documents runs, page by page."""

import re
from pathlib import Path

import pytest

import dcrisk

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def python_blocks(page):
    """The code of each block, and what the page says that it prints, if it does."""
    block = r"```python\n(.*?)```(?:\s*<!-- printed -->\s*```text\n(.*?)```)?"
    return re.findall(block, page.read_text(), re.S)


@pytest.mark.parametrize("page", [page for page in PAGES if python_blocks(page)], ids=lambda page: page.name)
def test_code_blocks_run(page, capsys):
    """Blocks assert what they show or print what the page says, and one that raises fails."""
    names = {"__name__": page.stem}
    for block, printed in python_blocks(page):
        exec(compile(block, page.name, "exec"), names)
        out = capsys.readouterr().out
        if printed:
            assert out.strip() == printed.strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_the_reference_has_every_public_name():
    listed = re.findall(r"^   ([A-Za-z_.]+)$", (ROOT / "docs" / "reference.md").read_text(), re.M)
    assert len(listed) == len(set(listed))
    assert {*listed, "defaults", "__version__"} - {"dcrisk.hazards.Hazard", "hazards.Hazard"} == set(dcrisk.__all__)


def test_the_architecture_has_every_package():
    text = (ROOT / "docs" / "architecture.md").read_text()
    entries = [
        path for path in (ROOT / "dcrisk").iterdir() if path.name not in ("__init__.py", "__pycache__", "py.typed")
    ]
    for path in entries:
        assert f"`{path.name}{'/' if path.is_dir() else ''}`" in text, path.name


def test_the_walk_through_a_hazard_is_complete():
    text = (ROOT / "docs" / "add-a-hazard.md").read_text()
    places = [
        *(ROOT / "dcrisk").rglob("*.py"),
        *(ROOT / "tests" / "reference").glob("*.py"),
        ROOT / "tests/generators.py",
    ]
    named = [str(path.relative_to(ROOT)) for path in places if "Maintenance" in path.read_text()]
    assert len(named) > 10
    assert [name for name in named if f"`{name}`" not in text] == []
    assert [
        name for name in re.findall(r"`((?:dcrisk|tests|docs)/[\w/.-]+)`", text) if not (ROOT / name).exists()
    ] == []


def test_citations_name_the_version():
    """Of the version that is there, in the file for code hosts and on the page."""
    cff = (ROOT / "CITATION.cff").read_text()
    assert re.search(r"^version: (.*)$", cff, re.M)[1] == dcrisk.__version__
    assert f"version = {{{dcrisk.__version__}}}" in (ROOT / "docs" / "citing.md").read_text()
    title = re.search(r'^title: "(.*)"$', cff, re.M)[1]
    assert title in (ROOT / "docs" / "citing.md").read_text()
