"""Every public name says what it is, what it takes, what it returns, what it raises and where its method is from."""

import inspect

import pytest

import dcrisk

numpydoc = pytest.importorskip("numpydoc.docscrape")

VALUES = {"__version__", "defaults"}
NO_METHOD = {  # they describe, read, write or draw, and have no method from the literature
    "Disc",
    "Scenario",
    "Site",
    "SpecificationError",
    "Trigger",
    "Utility",
    "best_of_each_size",
    "load_layouts",
    "load_scenario",
    "open_results",
    "rate_derivatives",
    "rerun",
    "save_results",
    "save_scenario",
    "site_layouts",
    "sites_from_frame",
    "store_progress",
    "trace",
    "uncertain_rates",
    "value_of_site",
    "with_rates",
}
PUBLIC = [name for name in dcrisk.__all__ if name not in VALUES]
METHODS = [
    f"{name}.{key}"
    for name in PUBLIC
    if inspect.isclass(getattr(dcrisk, name))
    for key, value in vars(getattr(dcrisk, name)).items()
    if not key.startswith("_") and (inspect.isfunction(value) or isinstance(value, classmethod))
]


def found(name):
    item = dcrisk
    for part in name.split("."):
        item = getattr(item, part)
    return item


def sections(item):
    return numpydoc.NumpyDocString(inspect.getdoc(item))


def parameters(item):
    return {name for name in inspect.signature(item).parameters if name not in ("self", "cls")}


def documented(doc):
    return {name.strip().lstrip("*") for entry in doc["Parameters"] for name in entry.name.split(",")}


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names(name):
    item = found(name)
    doc = sections(item)
    assert doc["Summary"] and len(doc["Summary"][0]) <= 120
    assert documented(doc) == (set() if is_error(item) else parameters(item))
    assert doc["Examples"], "a running example"
    if is_error(item):
        return
    assert doc["Raises"], "what is raised, and when"
    nothing = inspect.isclass(item) or inspect.signature(item).return_annotation == "None"
    assert doc["Returns"] or nothing, "what is returned"
    assert doc["References"] or name in NO_METHOD or name.startswith("plot_"), "where the method is from"


def is_error(item):
    return inspect.isclass(item) and issubclass(item, Exception)


@pytest.mark.parametrize("name", METHODS)
def test_public_methods(name):
    """What takes arguments says which, and what it returns; what takes none may say so in a line."""
    item = found(name)
    doc = sections(item)
    assert doc["Summary"]
    if parameters(item):
        assert documented(doc) == parameters(item)
        assert doc["Returns"]


def test_the_list_of_what_has_no_method_is_up_to_date():
    assert set(PUBLIC) >= NO_METHOD
    assert not [name for name in NO_METHOD if sections(found(name))["References"]]
