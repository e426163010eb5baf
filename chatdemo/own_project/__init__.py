"""A learner's own project, served unchanged, in a new process after each save.

``supervisor`` is the process that the user starts: it has the port open. ``serving_process`` is the
one that it starts: it loads the project and serves it until a file is saved.
"""
