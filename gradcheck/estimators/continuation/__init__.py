"""The array type of the complex step: a real number with an infinitesimal part, through NumPy and SciPy."""
