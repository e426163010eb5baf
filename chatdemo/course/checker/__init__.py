"""Judges a learner's project: which steps are done, and what is wrong, in one sentence."""
