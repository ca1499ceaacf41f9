"""The graph of a scenario as networkx has it, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dcrisk.scenario.nodes import Node, Site, Utility
from dcrisk.specification import SpecificationError, check_known, check_name

if TYPE_CHECKING:
    import networkx as nx

    from dcrisk.scenario.scenario import Scenario

KINDS: dict[str, type[Any]] = {"Site": Site, "Utility": Utility}
WHOLE = ("hazards", "description", "conditions", "crews", "triggers")  # of the scenario, kept with the graph


def to_graph(scenario: Scenario) -> nx.DiGraph:
    """See :meth:`Scenario.to_networkx`."""
    graph = _networkx().DiGraph(name=scenario.name, **{field: getattr(scenario, field) for field in WHOLE})
    for node in scenario.nodes:
        fields = {name: getattr(node, name) for name in node.__dataclass_fields__ if name != "name"}
        graph.add_node(node.name, kind=type(node).__name__, **fields)
    for node in scenario.nodes:
        if isinstance(node, Site) and node.part_of is not None:
            graph.add_edge(node.part_of, node.name, relation="part_of", backup=False)
        for need in node.requires:
            for name in [need] if isinstance(need, str) else need.names():
                carried = not isinstance(need, str) and need.has_backup()
                graph.add_edge(name, node.name, relation="requires", backup=carried)
    return graph


def fields_of_graph(graph: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the Scenario that a graph stands for; ``given`` ones go before those of the graph."""
    if not (hasattr(graph, "is_directed") and hasattr(graph, "pred")) or not graph.is_directed():
        raise SpecificationError(
            f"from_networkx: {type(graph).__name__} is no directed graph; an edge leads from what is needed to who needs it"
        )
    kept = {field: graph.graph[field] for field in WHOLE if field in graph.graph}
    name = {"name": graph.graph["name"]} if graph.graph.get("name") else {}
    nodes = [_node(graph, name) for name in graph.nodes]
    return {"nodes": nodes, **name, **kept, **{key: value for key, value in given.items() if value is not None}}


def _node(graph: Any, name: Any) -> Node:
    where = f"from_networkx: node {name!r}"
    check_name(name, where)
    data = graph.nodes[name]
    kind = data.get("kind", "Site")
    check_known(kind, KINDS, f"{where}: kind")
    made = KINDS[kind]
    fields = {key: data[key] for key in made.__dataclass_fields__ if key != "name" and key in data}
    wholes = [other for other in graph.pred[name] if _relation(graph, other, name) == "part_of"]
    needs = [other for other in graph.pred[name] if other not in wholes]
    if "part_of" not in fields and wholes:
        fields["part_of"] = wholes[0]
    if "requires" not in fields:
        fields["requires"] = needs
    node: Node = made(name, **fields)
    _check_edges(where, node, wholes, needs)
    return node


def _relation(graph: Any, other: Any, name: Any) -> str:
    """What an edge says; of several edges between two nodes, the first."""
    data = graph.get_edge_data(other, name)
    if graph.is_multigraph():
        data = next(iter(data.values()))
    return str(data.get("relation", "requires"))


def _check_edges(where: str, node: Node, wholes: Sequence[str], needs: Sequence[str]) -> None:
    """Edges and attributes say the same: an edge that was added or cut by hand is not passed over in silence."""
    named = {name for need in node.requires for name in ([need] if isinstance(need, str) else need.names())}
    whole = getattr(node, "part_of", None)
    for other in needs:
        if other not in named:
            raise SpecificationError(
                f"{where}: there is an edge from {other!r}, which is not in its attribute requires; "
                "put it there too, or delete the attribute, and all edges into the node count"
            )
    for other in named - set(needs) - {whole}:
        raise SpecificationError(f"{where}: its attribute requires names {other!r}, and no edge comes from there")
    for other in wholes:
        if other != whole and other not in named:
            raise SpecificationError(f"{where}: there is an edge part_of from {other!r}, and it is part of {whole!r}")


def _networkx() -> Any:
    try:
        import networkx
    except ImportError as error:
        raise ImportError("to_networkx needs networkx: pip install 'dcrisk[networkx]'") from error
    return networkx
