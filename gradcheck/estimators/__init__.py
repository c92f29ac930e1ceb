"""Witness 1: numerical derivatives that need only ``f``, each with an honest error bar."""
