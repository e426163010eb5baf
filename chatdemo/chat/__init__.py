"""The chat: rooms, their members, and the messages that are stored and delivered."""
