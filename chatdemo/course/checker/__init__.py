"""`chatdemo check`: finds which steps a learner's project has done, and its first fault."""
