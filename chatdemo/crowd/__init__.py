"""The crowd: simulated participants over real WebSockets, who count what reaches them."""
