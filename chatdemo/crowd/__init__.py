"""The crowd: simulated participants that chat over real WebSockets and record what arrives."""
