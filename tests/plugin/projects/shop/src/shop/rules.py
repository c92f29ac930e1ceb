"""Closed forms that this project relies on."""

import numpy as np

from gradcheck import rule
from gradcheck.domains import interval, positive


def revenue(prices, demand):
    """What is earned."""
    return (prices * demand).sum()


@rule(
    "shop/revenue/wrt-prices",
    "(n),(n)->()",
    names="prices demand",
    wrt="prices",
    f=revenue,
    domain=positive(),
)
def revenue_by_prices(prices, demand):
    return demand.reshape(1, -1)


def discounted(rate, years):
    """What one unit is worth later."""
    return (1.0 + rate) ** (-years)


@rule(
    "shop/discounted/wrt-rate",
    "(),()->()",
    names="rate years",
    wrt="rate",
    f=discounted,
    domain={"rate": interval(0, 1), "years": interval(0, 30)},
)
def discounted_by_rate(rate, years):
    # The power should be one lower.
    return np.array([[-years * (1.0 + rate) ** (-years)]])
