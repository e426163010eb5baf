"""A learner's own project, served unchanged, in a new process after each save."""
