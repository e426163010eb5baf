"""The course: the tutorial's steps as data and plain code, run in this process, shown, written out and checked."""
