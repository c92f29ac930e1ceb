"""Random functions, judged by their measured spread."""
