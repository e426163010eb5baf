"""A project of the learner's own under `chatdemo serve`."""
