"""Central differences, one-sided at a bound: steps, measured noise, extrapolation, and honest bars."""
