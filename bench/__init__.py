"""Figures, each measured on the machine that prints it."""
