"""A campaign over rules: points drawn, all witnesses heard, verdicts counted.

Data flows one way: a drawn point -> testimonies (:mod:`~gradcheck.campaign.witnesses`)
-> pairs and verdict (:mod:`~gradcheck.campaign.verdicts`) -> the rule's row in the
record (:mod:`~gradcheck.campaign.examination`).
"""
