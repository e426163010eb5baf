"""Management commands of the embedded project."""
