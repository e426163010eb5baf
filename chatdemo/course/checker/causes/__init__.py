"""The causes behind exceptions, by where in the project they are: each module has rules that know some."""
