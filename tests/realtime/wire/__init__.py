"""The server-testing cases of the Autobahn test suite, as data, and the raw socket that plays them."""
