"""What makes the chat's WebSockets correct and fast: the parts below Django and the consumers."""
