"""Every Python block of the README and the documents runs, page by page."""

import re
from pathlib import Path

import pytest

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
