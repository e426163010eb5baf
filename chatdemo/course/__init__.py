"""The course: the tutorial's steps, as plain code that is run, shown, written out and checked."""
