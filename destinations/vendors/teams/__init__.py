"""Adaptive Cards, and what a workflow answers to them."""
