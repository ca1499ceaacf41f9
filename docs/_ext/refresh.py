"""Make the output and the figures of a page anew: ``python docs/_ext/refresh.py docs/tutorial.md``.

The Python blocks of the page run one after the other. A text block under the mark ``<!-- printed -->`` right after a block
is what it prints (a test compares them), and a figure ``![words](figures/name.png)`` after that is what it has drawn.
"""

import io
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402

BLOCK = re.compile(
    r"(?P<fence>```python\n(?P<code>.*?)```)"
    r"(?P<mark>\s*<!-- printed -->\s*```text\n)?(?P<printed>(?(mark).*?```))"
    r"(?=(?P<gap>\s*)(?P<figure>!\[[^]]*\]\((?P<target>\S+)\))?)",
    re.S,
)


def main(page: Path) -> None:
    """Run the blocks, write what they print into the page and save what they draw."""
    names: dict[str, object] = {"__name__": page.stem}

    def run(match: re.Match[str]) -> str:
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(match["code"], page.name, "exec"), names)
        if match["target"]:
            plt.gcf().savefig(page.parent / match["target"], dpi=120)
        plt.close("all")
        return match["fence"] + (f"{match['mark']}{printed.getvalue().rstrip()}\n```" if match["mark"] else "")

    page.write_text(BLOCK.sub(run, page.read_text()))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        main(Path(name))
