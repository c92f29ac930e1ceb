"""Functions that are not differentiable at the point: which rows, and whether the claim is a subgradient."""
