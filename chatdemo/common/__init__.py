"""What every package may use: settings, errors, and tools that know nothing of the chat."""
