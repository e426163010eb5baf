"""The embedded Django project: wires the chat, the course and the inspector together."""
