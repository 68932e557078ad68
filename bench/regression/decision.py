"""Is the second program slower than the first? Pure functions of measured times.

A slow-down is claimed only if three things hold: the test of Mann and Whitney finds the two samples
different (two-sided p below 0.002), the ratio of the medians is at least 1.10, and a second round of
measurements says the same. It is excluded if the times are lower than 1.10 times the first program's
(the same test, p below 0.05). What lies between is not known."""
import functools
import itertools
import math
import statistics

PASS, FAIL, UNKNOWN = "PASS", "FAIL", "UNKNOWN"
FEWEST = 10  # values of each program and round
SIGNIFICANCE = 0.002
SLOWER = 1.10
EXCLUDED = 0.05
EXACT = 20  # values of each sample up to which probabilities are counted
INSTRUCTIONS = 0.01  # tolerance of instruction counts, which have no noise


def rank_sum(first, second):
    """The first sample's sum of ranks (equal values share their mean rank), and the sum of t^3 - t over
    groups of t equal values."""
    ordered = sorted([(v, True) for v in first] + [(v, False) for v in second])
    before, total, ties = 0, 0.0, 0
    for _, group in itertools.groupby(ordered, key=lambda pair: pair[0]):
        members = [is_first for _, is_first in group]
        equal = len(members)
        total += sum(members) * (before + (equal + 1) / 2)
        ties += equal ** 3 - equal
        before += equal
    return total, ties


@functools.lru_cache(maxsize=None)
def orders_up_to(n, m, u):
    """How many of the choices of n ranks out of n + m have a U of at most u."""
    count = [[0] * (n * m + 1) for _ in range(n + 1)]
    count[0][0] = 1
    for rank in range(1, n + m + 1):
        for chosen in range(min(rank, n), 0, -1):
            below = rank - chosen  # values of the other sample below this one
            for total in range(n * m, below - 1, -1):
                count[chosen][total] += count[chosen - 1][total - below]
    return sum(count[n][:u + 1])


def mann_whitney(first, second):
    """Two-sided probability of samples so different from one distribution: exact for small samples of
    different values, else the normal approximation with continuity and tie corrections. The same as
    ls_mann_whitney (core/statistics/statistics.h, which names the sources)."""
    n, m = len(first), len(second)
    ranks, ties = rank_sum(first, second)
    u = ranks - n * (n + 1) / 2
    u = min(u, n * m - u)
    if n <= EXACT and m <= EXACT and not ties:
        return min(1.0, 2 * orders_up_to(n, m, round(u)) / math.comb(n + m, n))
    variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
    if variance <= 0:
        return 1.0
    return min(1.0, math.erfc(max(0.0, (n * m / 2 - u - 0.5) / math.sqrt(variance) / math.sqrt(2))))


def ratio(base, head):
    """Of the medians."""
    return statistics.median(head) / statistics.median(base)


def judge_round(base, head):
    """FAIL, PASS or UNKNOWN of one round alone, and why."""
    if len(base) < FEWEST or len(head) < FEWEST:
        return UNKNOWN, f"only {min(len(base), len(head))} measurements, {FEWEST} are needed"
    if not all(math.isfinite(t) and t > 0 for t in [*base, *head]):
        return UNKNOWN, "a time is no positive number"
    slower, p = ratio(base, head), mann_whitney(base, head)
    if slower >= SLOWER and p < SIGNIFICANCE:
        return FAIL, f"{slower:.3f} times as long, p = {p:.2g}"
    if slower < SLOWER and mann_whitney([SLOWER * t for t in base], head) < EXCLUDED:
        return PASS, f"{slower:.3f} times as long; {SLOWER:.2f} times is excluded"
    return UNKNOWN, f"{slower:.3f} times as long, p = {p:.2g}: too noisy to exclude {SLOWER:.2f} times"


def decide(rounds):
    """The verdict on rounds [(base times, head times), ..], and why. One round that is slower wants a
    second one (wants_confirmation)."""
    verdict, why = judge_round(*rounds[0])
    if verdict != FAIL:
        return verdict, why
    if len(rounds) < 2:
        return UNKNOWN, f"{why}; not confirmed: there was no second round"
    again, why_again = judge_round(*rounds[1])
    if again == FAIL:
        return FAIL, f"{why}; again: {why_again}"
    return UNKNOWN, f"{why}; not confirmed: {why_again}"


def wants_confirmation(first_round):
    return judge_round(*first_round)[0] == FAIL


def decide_instructions(base, head):
    """The verdict on two instruction counts, and why."""
    if base <= 0:
        return UNKNOWN, f"the base counts {base} instructions"
    change = head / base - 1
    return FAIL if change > INSTRUCTIONS else PASS, f"{100 * change:+.2f}% instructions"


def overall(verdicts):
    for verdict in (FAIL, UNKNOWN):
        if verdict in verdicts:
            return verdict
    return PASS if verdicts else UNKNOWN
