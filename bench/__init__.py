"""Benchmarks: what the machinery costs beside the bare work, as ratios within one run."""
