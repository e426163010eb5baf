"""A project of the learner's own, served as it is, in processes that come one after another as its files are saved."""
