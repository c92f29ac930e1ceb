from gradcheck import property_test

# By its id a rule is found through the entry point, before anything has imported its module.
test_right_revenue = property_test("shop/revenue/wrt-prices")


def _claim(name):
    from shop import rules

    return getattr(rules, name)


test_right_by_claim = property_test(_claim("revenue_by_prices"))
test_wrong_discounted = property_test(_claim("discounted_by_rate"))
