"""What TLS has against a server, in words."""

from twisted.internet.error import ConnectionClosed


def fault(error: Exception) -> str:
    """Why TLS ended a connection with ``error``; nothing if it wasn't TLS that did."""
    if isinstance(error, ConnectionClosed):
        return ""
    from OpenSSL import SSL
    from service_identity import VerificationError

    if isinstance(error, VerificationError):
        return "its certificate is for another name"
    if isinstance(error, SSL.Error) and error.args and error.args[0]:
        return f"TLS failed ({error.args[0][0][-1]})"
    return "TLS failed"
