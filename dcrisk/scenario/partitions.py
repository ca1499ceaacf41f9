"""Partitions of a network: what must be up for enough sites to reach each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dcrisk.scenario.requirements import Requirement, all_of, any_of
from dcrisk.specification import SpecificationError, check_name, check_table

MOST_TREES = 10_000

Link = str | Requirement


def connected(k: int, links: Mapping[tuple[str, str], Link]) -> Requirement:
    """At least ``k`` sites are up and reach each other, over links that are up and through sites that are up.

    The sites are those that ``links`` names. Some ``k`` of them are joined exactly when the sites and links of some
    *tree* of ``k`` sites are up: these trees are the minimal path sets. So the requirement is made of
    :func:`any_of` and :func:`all_of` alone, and it can stand wherever one can: in ``Layout(up=...)`` and in ``requires``.

    Parameters
    ----------
    k : int
        How many sites must be joined: 1 to their number. 1 asks for any site, whatever the links do.
    links : mapping of (str, str) to str or Requirement
        What must be up for a link between two sites: a utility such as a fibre, or a requirement without backup, such
        as ``any_of("fibre 1", "fibre 2")`` for parallel fibres or ``all_of("router", "fibre")`` for what lies in series.
        Links have no direction. One utility may stand for several links: a duct that they share.

    Returns
    -------
    Requirement

    Raises
    ------
    SpecificationError
        For a pair that is none or is named twice, a ``k`` that no sites can reach, or more than 10,000 trees.

    References
    ----------
    Colbourn, "The Combinatorics of Network Reliability", 1987.
    Barlow and Proschan, "Statistical Theory of Reliability and Life Testing", 1975, chapter 1 (minimal path sets).

    Examples
    --------
    A quorum of two of three, which a site that is cut off from both others does not count for:

    >>> quorum = connected(2, {("A", "B"): "AB", ("B", "C"): "BC", ("A", "C"): "AC"})
    >>> str(quorum)
    'any_of(all_of(A, B, AB), all_of(A, C, AC), all_of(B, C, BC))'
    """
    pairs = _check_links(links)
    sites = list(dict.fromkeys(site for pair in links for site in pair))
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= len(sites):
        raise SpecificationError(
            f"connected: k = {k!r} must be a whole number from 1 to {len(sites)}, the number of sites"
        )
    if k == 1:
        return any_of(*sites)
    number = {site: i for i, site in enumerate(sites)}
    ends = [(number[a], number[b]) for a, b in pairs]
    spanning: dict[int, list[int]] = {}  # the trees, by the sites that they join
    for count, (joined, tree) in enumerate(_trees(ends, len(sites), k), start=1):
        if count > MOST_TREES:
            raise SpecificationError(
                f"connected: more than {MOST_TREES:,} trees join {k} of {len(sites)} sites by {len(ends)} links; name"
                " fewer links, or let utilities stand for parts of the network"
            )
        spanning.setdefault(joined, []).append(tree)
    if not spanning:
        raise SpecificationError(f"connected: k = {k}: no {k} sites are joined, whatever links are up; name more links")
    listed = list(pairs.values())
    ways = []
    for joined, trees in spanning.items():
        links_up = [_chosen(listed, tree) for tree in trees]
        joining = links_up[0] if len(trees) == 1 else [any_of(*(all_of(*some) for some in links_up))]
        ways.append(all_of(*_chosen(sites, joined), *joining))
    return ways[0] if len(ways) == 1 else any_of(*ways)


def _chosen(items: Sequence[Any], bits: int) -> list[Any]:
    chosen = []
    while bits:
        chosen.append(items[_lowest(bits)])
        bits &= bits - 1
    return chosen


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _check_links(links: Any) -> dict[tuple[str, str], Link]:
    """The links by their ends."""
    found: dict[tuple[str, str], Link] = {}
    for pair, link in check_table(links, "connected: links").items():
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise SpecificationError(f"connected: {pair!r} is no pair of sites; write ('A', 'B'): 'fibre'")
        for end in pair:
            check_name(end, "connected: links")
        where = f"connected: the link between {pair[0]!r} and {pair[1]!r}"
        if pair[0] == pair[1]:
            raise SpecificationError(f"{where} joins a site with itself")
        if pair[::-1] in found:
            raise SpecificationError(f"{where} is named twice; for parallel links say any_of('fibre 1', 'fibre 2')")
        if not isinstance(link, Requirement):
            check_name(link, where)
        elif link.has_backup():
            raise SpecificationError(f"{where} has a backup, which belongs to the requires of a utility")
        found[pair] = link
    if not found:
        raise SpecificationError("connected: links is empty; name at least one link, ('A', 'B'): 'fibre'")
    return found


def _trees(ends: Sequence[tuple[int, int]], sites: int, k: int) -> Iterator[tuple[int, int]]:
    """Every tree of ``k`` sites, once: its sites and its links, as bits.

    A tree grows from its first site: one link of the cut around it after the other is taken, or barred for good. What
    can no longer grow to ``k`` sites is dropped at once, so that every step leads to a tree (Read and Tarjan, "Bounds on
    backtrack algorithms for listing cycles, paths, and spanning trees", Networks 5, 1975).
    """
    links_of = [0] * sites
    for link, pair in enumerate(ends):
        for site in pair:
            links_of[site] |= 1 << link

    def grown(inside: int, cut: int, link: int) -> tuple[int, int]:
        """With the site beyond a link of the cut; links with both ends inside leave the cut."""
        a, b = ends[link]
        new = b if inside >> a & 1 else a
        return inside | 1 << new, cut ^ links_of[new]

    def can_grow(inside: int, cut: int, barred: int) -> bool:
        while inside.bit_count() < k:
            if not cut & ~barred:
                return False
            inside, cut = grown(inside, cut, _lowest(cut & ~barred))
        return True

    gone = 0  # links of the sites from which all trees are found
    for first in range(sites):
        waiting = [(1 << first, links_of[first], 0, gone)]
        while waiting:
            inside, cut, tree, barred = waiting.pop()
            if not can_grow(inside, cut, barred):
                continue
            if inside.bit_count() == k:
                yield inside, tree
                continue
            link = _lowest(cut & ~barred)
            waiting.append((inside, cut, tree, barred | 1 << link))
            waiting.append((*grown(inside, cut, link), tree | 1 << link, barred))
        gone |= links_of[first]
