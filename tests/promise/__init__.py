"""A message that anyone has seen is kept; one that its sender's page shows as sent reaches everyone once, in one order.

Whatever goes away in between: the network, the page, the server, its disk.
"""
