"""More Channels projects as strangers write them, each with settings and a package of its own."""
