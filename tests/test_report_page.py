"""The report in HTML: what it says, that nothing in it escapes its quotes, and how a real browser shows it."""

import base64
import hashlib
import json
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import Browser, find_browser
from scipy import stats

import dcrisk
from dcrisk.cli import main

HOSTILE = '<script>alert("$1 & $2")</script>'
SCENARIO = dcrisk.Scenario(
    [dcrisk.Site("<b>A</b>", source="<i>nobody</i>"), dcrisk.Site("B $x$")],
    [
        dcrisk.Failure("<img src=x>", 1.0, stats.expon(scale=24.0), ["<b>A</b>", "B $x$"]),
        dcrisk.Fire("fire", {"B $x$": 1e-2}, destroyed=1.0, durations={"damaged": 1.0, "destroyed": 4000.0}),
    ],
    name="<u>hostile</u>",
    description="<h1>no heading</h1>",
).given("<img src=x>", origin="<b>A</b>")
LAYOUTS = [
    dcrisk.Layout(HOSTILE, replicas=["<b>A</b>", "B $x$"], copies=["<b>A</b>", "B $x$"]),
    dcrisk.Layout("_alone", replicas=["B $x$"], relocation=stats.lognorm(1.0, scale=4.0)),
]
TRIALS = 3000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A scenario file, the results of a run, and their report."""
    folder = tmp_path_factory.mktemp("report")
    dcrisk.save_scenario(SCENARIO, folder / "hostile.toml", LAYOUTS)
    options = ["--trials", str(TRIALS), "--seed", "5", "--attribute", "--quiet", "--output", str(folder / "run.nc")]
    assert main(["run", str(folder / "hostile.toml"), *options]) == 0
    assert main(["report", str(folder / "run.nc")]) == 0
    return folder


@pytest.fixture(scope="module")
def text(folder):
    return (folder / "run.html").read_text()


class Reader(HTMLParser):
    """Elements with their attributes, texts by element, and whether all that opens is closed."""

    EMPTY = {"meta", "link", "img", "br"}

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.texts.append((self.open[-1], data))

    def all(self, *tags):
        return [(tag, attrs) for tag, attrs in self.elements if tag in tags]

    def text_of(self, *tags):
        return [data for tag, data in self.texts if tag in tags]


@pytest.fixture(scope="module")
def page(text):
    found = Reader(text)
    assert not found.open
    return found


# ------------------------------------------------------------ what stands in it


def test_the_page_needs_nothing_else(page):
    assert not page.all("script", "iframe", "object", "embed", "form", "base")
    sources = [
        attrs[name] for _, attrs in page.elements for name in ("src", "href", "srcset", "action") if name in attrs
    ]
    assert sources and all(source.startswith("data:") for source in sources)
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on") or name == "style"]
    assert "url(" not in "".join(page.text_of("style")) and "@import" not in "".join(page.text_of("style"))


def test_the_policy_allows_only_what_is_there(page):
    policies = [attrs["content"] for _, attrs in page.all("meta") if "http-equiv" in attrs]
    digest = base64.b64encode(hashlib.sha256("".join(page.text_of("style")).encode()).digest()).decode()
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert f"'sha256-{digest}'" in policies[0]


def test_headings_are_in_order(page):
    assert page.all("html")[0][1]["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in page.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))


def test_figures_and_tables_have_words(page):
    images = page.all("img")
    assert len(images) == 3
    assert all(len(attrs["alt"]) > 30 and attrs["src"].startswith("data:image/svg+xml;base64,") for _, attrs in images)
    assert len(page.all("caption")) == len(page.all("table")) >= 5
    assert all(attrs["scope"] in ("row", "col") for _, attrs in page.all("th"))


def test_names_are_escaped(page):
    titles = page.text_of("th", "h1", "h2", "td", "p", "dd")
    for name in (HOSTILE, "<u>hostile</u>", "<h1>no heading</h1>", "<b>A</b>", "<img src=x>", "<i>nobody</i>"):
        assert any(name in title for title in titles), name
    figures = [base64.b64decode(attrs["src"].split(",")[1]).decode() for _, attrs in page.all("img")]
    assert all("<script" not in figure and "<b>" not in figure for figure in figures)


def test_the_numbers_are_those_of_the_statistics(page):
    results = dcrisk.simulate(SCENARIO, LAYOUTS, TRIALS, seed=5, attribute=True, progress=False)
    cells = page.text_of("td")
    for value in dcrisk.summary(results)["downtime"].values:
        assert f"{value:#.3g}" in [cell.strip() for cell in cells]
    better = dcrisk.compare(results, HOSTILE)["downtime_difference"].item()
    assert f"{better:#.3g}" in [cell.strip() for cell in cells]
    assert "no copies" in page.text_of("small")


def test_few_events_are_named(page):
    results = dcrisk.simulate(SCENARIO, LAYOUTS, TRIALS, seed=5, progress=False)
    lost = int(results["data_loss"].sel(layout=HOSTILE).sum())
    assert lost == 0
    assert (
        f"A loss of data was never seen in 3,000 windows: {HOSTILE}; only its upper bound says something."
        in "".join(page.text_of("li"))
    )


def test_the_command_in_the_page_repeats_the_run(page, folder, tmp_path, capsys, monkeypatch):
    """With the scenario file that stands in the page, to the bit."""
    command, python, toml = page.text_of("code")[-3:]
    assert command == f"dcrisk run scenario.toml --trials {TRIALS} --seed 5 --attribute"
    monkeypatch.chdir(tmp_path)
    Path("scenario.toml").write_text(toml)
    assert (dcrisk.load_scenario("scenario.toml"), dcrisk.load_layouts("scenario.toml")) == (SCENARIO, LAYOUTS)
    assert main([*shlex.split(command)[1:], "--quiet", "--output", "again.nc"]) == 0
    with dcrisk.open_results("again.nc") as again, dcrisk.open_results(folder / "run.nc") as before:
        assert again.identical(before)
    names = {}
    exec(python, names)
    with dcrisk.open_results(folder / "run.nc") as before:
        assert names["again"].identical(before.compute())


def test_a_shipped_scenario_is_repeated_by_its_name(tmp_path):
    layouts = dcrisk.load_layouts("ovh-strasbourg-2021")[:2]
    scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
    results = dcrisk.simulate(scenario, layouts, 200, seed=1, warmup=5.0, progress=False)
    dcrisk.save_results(results, tmp_path / "run.nc")
    assert main(["report", str(tmp_path / "run.nc"), "--baseline", layouts[1].name]) == 0
    found = Reader((tmp_path / "run.html").read_text())
    names = " ".join(f"--layout {shlex.quote(layout.name)}" for layout in layouts)
    command = f"dcrisk run ovh-strasbourg-2021 {names} --trials 200 --seed 1 --warmup 5.0"
    assert command in found.text_of("code")
    assert f"Compared with {layouts[1].name}" in found.text_of("h2")


def test_what_no_command_can_repeat_is_repeated_in_python(tmp_path):
    results = dcrisk.simulate(SCENARIO, LAYOUTS, 200, at_hours=[5.0], progress=False)
    dcrisk.save_results(results, tmp_path / "run.nc")
    assert main(["report", str(tmp_path / "run.nc")]) == 0
    codes = Reader((tmp_path / "run.html").read_text()).text_of("code")
    assert not any(code.startswith("dcrisk run") for code in codes)
    assert any("dcrisk.rerun(" in code for code in codes)


def test_the_same_results_give_the_same_page(folder, text, capsys):
    assert main(["report", str(folder / "run.nc"), "--output", str(folder / "again.html"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"run": str(folder / "run.nc"), "report": str(folder / "again.html")}
    assert (folder / "again.html").read_text() == text


def test_results_without_outages_or_data_have_a_page(tmp_path):
    calm = dcrisk.Scenario([dcrisk.Site("A")], name="calm")
    results = dcrisk.simulate(calm, [dcrisk.Layout("A", replicas=["A"])], 100, progress=False)
    dcrisk.save_results(results, tmp_path / "run.nc")
    assert main(["report", str(tmp_path / "run.nc")]) == 0
    found = Reader((tmp_path / "run.html").read_text())
    assert len(found.all("img")) == 1  # the nines alone
    assert "No layout names copies of its data, so no loss of data was looked at." in found.text_of("p")
    assert not any("Compared" in heading for heading in found.text_of("h2"))


def test_weighted_results_have_a_page(tmp_path):
    results = dcrisk.simulate_rare(SCENARIO, LAYOUTS, 500, "downtime", above=100.0, progress=False)
    dcrisk.save_results(results, tmp_path / "run.nc")
    assert main(["report", str(tmp_path / "run.nc")]) == 0
    found = Reader((tmp_path / "run.html").read_text())
    assert any("with weights" in words for words in found.text_of("p"))


def test_the_citation_is_that_of_the_repository(page):
    listed = (Path(__file__).parent.parent / "CITATION.cff").read_text()
    title, author, licence = (
        re.search(pattern, listed, re.M)[1] for pattern in (r'^title: "(.*)"$', r"- name: (.*)$", r"^license: (.*)$")
    )
    year = re.search(r"^date-released: (\d+)", listed, re.M)[1]
    words = next(words for words in page.text_of("p") if "Version" in words)
    for part in (title, author, licence, year, dcrisk.__version__, SCENARIO.digest()[:12]):
        assert part in words


# ------------------------------------------------------------ how a browser shows it

LOOKS = {"wide": (1280, False), "wide, dark": (1280, True), "phone": (360, False), "phone, dark": (360, True)}
CONTRAST = """(() => {
    const linear = x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
    const parts = colour => colour.match(/[0-9.]+/g).map(Number);
    const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
    const ground = element => {
        for (let e = element; e; e = e.parentElement) {
            const colour = parts(getComputedStyle(e).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
    };
    const texts = [...document.body.querySelectorAll('*')].filter(
        e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()));
    return texts.map(e => {
        const [a, b] = [light(parts(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
        return {words: e.textContent.trim().slice(0, 40), contrast: (a + 0.05) / (b + 0.05),
                size: parseFloat(getComputedStyle(e).fontSize)};
    });
})()"""


@pytest.fixture(scope="module")
def browser():
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium here")
    with Browser(program) as found:
        yield found


@pytest.mark.parametrize("look", LOOKS)
def test_a_browser_shows_it(browser, folder, look):
    width, dark = LOOKS[look]
    browser.open(folder / "run.html", width=width, dark=dark)
    browser.evaluate("Promise.all([...document.images].map(image => image.decode()))")
    assert browser.complaints() == []
    assert all(address.startswith(("file://", "data:image/")) for address in browser.requests())
    assert sum(address.startswith("file://") for address in browser.requests()) == 1
    assert browser.evaluate("document.scripts.length") == 0
    images = "[...document.images].map(i => [i.naturalWidth, i.naturalHeight, i.clientWidth, i.clientHeight])"
    assert len(browser.evaluate(images)) == 3
    assert all(side > 100 for image in browser.evaluate(images) for side in image)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    for text in browser.evaluate(CONTRAST):
        assert text["size"] >= 12.0, text
        assert text["contrast"] >= 4.5, text  # WCAG 2, level AA
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(22, 24, 28)" if dark else "rgb(255, 255, 255)"
    )


def test_what_is_wide_scrolls_by_itself(browser, folder):
    """On a telephone tables and figures are cut off by their own boxes, each of which can be scrolled."""
    browser.open(folder / "run.html", width=360)
    boxes = browser.evaluate(
        "[...document.querySelectorAll('.scroll')].map(b => [b.scrollWidth > b.clientWidth, "
        "getComputedStyle(b).overflowX, b.tabIndex, b.clientWidth])"
    )
    assert any(wide for wide, *_ in boxes)
    assert all((overflow, index) == ("auto", 0) and width <= 360 for _, overflow, index, width in boxes)
    figures = browser.evaluate("[...document.images].map(i => i.clientWidth / i.naturalWidth)")
    assert min(figures) > 0.75  # 10 points stay 10 pixels


def test_names_are_text_in_a_browser(browser, folder):
    browser.open(folder / "run.html")
    assert browser.evaluate("document.querySelector('h1').textContent") == "<u>hostile</u>"
    assert browser.evaluate("document.querySelector('tbody th').textContent") == HOSTILE


def test_the_policy_is_kept(browser, folder):
    """What somebody might smuggle in is blocked: the console says so."""
    browser.open(folder / "run.html")
    browser.evaluate("void document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/x.png'}))")
    browser.evaluate("new Promise(done => setTimeout(done, 200))")
    assert any("Content Security Policy" in json.dumps(words) for words in browser.complaints())


def test_print_shows_whole_tables(browser, folder):
    browser.open(folder / "run.html", width=718, medium="print")  # A4 with margins of 1 cm
    assert browser.evaluate("document.documentElement.scrollWidth") <= 718
    overflow = browser.evaluate("[...document.querySelectorAll('.scroll')].map(b => getComputedStyle(b).overflowX)")
    assert set(overflow) == {"visible"}
    assert browser.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
