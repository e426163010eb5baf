"""The finished chat: an index page, a room page, and the consumer that joins a room's participants."""
