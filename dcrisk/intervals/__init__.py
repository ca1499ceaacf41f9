"""Confidence intervals that stay honest when what they measure is rare, or was never seen at all.

Several quantities need one, and none of the answers rests on a normal approximation:

a probability (`proportion_interval`)
    Clopper and Pearson (1934).
a quantile (`quantile_interval`)
    Two order statistics; how many trials fall below a quantile is binomial.
the mean of a bounded quantity (`bounded_mean_interval`)
    Gaffke's bound, described next.
the mean of a bounded paired difference (`mean_difference_interval`)
    Gaffke's bound, from the largest difference possible in either direction.
the difference of two probabilities seen in the same trials (`paired_proportions_interval`)
    From the trials in which the two disagree.
the ratio of two means (`ratio_interval`)
    Gaffke's bound for the difference that is zero on average at the true ratio.
the mean of the worst share (`tail_mean_interval`)
    Gaffke's bound for what exceeds a threshold.

Downtime is zero in almost every trial and very large in a few. The textbook interval, mean plus or minus
1.96 standard errors, has width zero when no outage was seen and covers far too seldom when a handful were.
Gaffke's bound [1]_, [2]_ adds to the n observations one imagined one at the worst value possible, and gives
these n + 1 values random weights, uniform over all weights that sum to one (a flat Dirichlet distribution).
The bound is the wanted quantile of the weighted mean. For observations of only 0 and 1 it *is* the
Clopper-Pearson bound; for many observations it becomes the textbook interval. That it is valid for every n
and every bounded distribution is a conjecture: no proof is known, nor any counterexample. The tests of this
package measure its coverage in a rare and heavy-tailed case.

No random weights are drawn here. With independent exponential variables G,

    P(weighted mean > m)  =  P(sum of G_i (x_i - m) > 0),

where equal observations, above all the zeros, merge into one gamma variable. The right-hand side is an
inverse Laplace transform, integrated numerically along a curve close to the path of steepest descent, on
which nothing oscillates (the idea of [3]_; the trapezoidal rule then converges exponentially). Cost follows
the number of *different* values.

``samples`` has the different values, ``gaffke`` the integral; ``proportions``, ``quantiles``, ``means``, ``ratios``
and ``tails`` have the intervals, ``laws`` those of trials that carry weights, and ``weighted_counts`` that of a sum over
strata of which only sums are kept.

.. [1] N. Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative
   variable", Mathematical Methods of Statistics 14 (2005) 451-467.
.. [2] E. Learned-Miller and P. S. Thomas, "A new confidence interval for the mean of a bounded random
   variable", arXiv:1905.06208 (2019).
.. [3] C. W. Helstrom, "Calculating error probabilities for intersymbol and cochannel interference",
   IEEE Transactions on Communications 34 (1986) 430-435.
"""

from dcrisk.intervals.basics import Interval, check_confidence
from dcrisk.intervals.laws import WeightLaw, weighted_quantiles
from dcrisk.intervals.means import bounded_mean_interval, mean_difference_interval
from dcrisk.intervals.proportions import paired_proportions_interval, proportion_interval
from dcrisk.intervals.quantiles import quantile_interval
from dcrisk.intervals.ratios import counted_pairs, ratio_interval
from dcrisk.intervals.tails import tail_mean_interval
from dcrisk.intervals.weighted_counts import weighted_counts_interval

__all__ = [
    "Interval",
    "WeightLaw",
    "bounded_mean_interval",
    "check_confidence",
    "counted_pairs",
    "mean_difference_interval",
    "paired_proportions_interval",
    "proportion_interval",
    "quantile_interval",
    "ratio_interval",
    "tail_mean_interval",
    "weighted_counts_interval",
    "weighted_quantiles",
]
