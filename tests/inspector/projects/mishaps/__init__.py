"""All that goes wrong in consumers, each in one of its own."""
