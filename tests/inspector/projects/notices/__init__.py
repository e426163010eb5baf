"""A notice board with a database: models, signals, a middleware that asks the database who somebody is, and views."""
