"""What a choice of sites sees of a trial, from the outages of its sites: the definition, moment by moment."""


def hours_down(outages, members, needed, horizon):
    """Hours of the window in which at least ``needed`` of the members are down.

    ``outages`` are (site, since, until). Nothing changes between two neighbouring moments.
    """
    moments = sorted({0.0, horizon, *(t for _, since, until in outages for t in (since, until) if 0.0 < t < horizon)})
    hours = 0.0
    for t, following in zip(moments, moments[1:], strict=False):
        down = {site for site, since, until in outages if since <= t < until}
        if len(down & set(members)) >= needed:
            hours += following - t
    return hours
