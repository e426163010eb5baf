"""All use of undocumented names of other packages: one module for each package."""
