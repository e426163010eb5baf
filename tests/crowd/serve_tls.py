"""Serves a chat on TLS: python serve_tls.py HOST. It prints its address, and writes a certificate of its own for HOST.

The certificate is in cert.pem, in the current folder.
"""

import asyncio
import ssl
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.server import ServerConnection, broadcast, serve

CERTIFICATE, KEY = Path("cert.pem"), Path("key.pem")
DAY = timedelta(days=1)

members: set[ServerConnection] = set()


def write_certificate(host: str) -> None:
    """For a day from now, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY
    )
    named = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    CERTIFICATE.write_bytes(
        named.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    text = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    KEY.write_bytes(key.private_bytes(*text))


async def chat(connection: ServerConnection) -> None:
    members.add(connection)
    async for message in connection:
        broadcast(members, message)
    members.discard(connection)


async def main() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    async with serve(chat, "127.0.0.1", 0, ssl=context) as server:
        print(f"https://localhost:{server.sockets[0].getsockname()[1]}/", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    write_certificate(sys.argv[1])
    asyncio.run(main())
