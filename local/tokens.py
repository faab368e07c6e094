"""Access tokens that the local authorizer verifies as the real one would.

The issuer is a key on disk, whose public half the local AWS serves where the authorizer looks for it. It is named after
the local AWS's port, so a token is good for the stack that runs on that port.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local import state

if TYPE_CHECKING:
    from pathlib import Path

AUDIENCE = "tessera"
BUCKET = "tessera-issuer"
KEY_ID = "local"
LIFETIME = 7 * 24 * 3600  # seconds


def issuer_url(aws_port: int) -> str:
    """Return the issuer of a stack whose local AWS listens on `aws_port`: a public bucket of it."""
    return f"http://127.0.0.1:{aws_port}/{BUCKET}"


def signing_key(directory: Path) -> rsa.RSAPrivateKey:
    """Return the issuer's key, made on first use and readable by its owner alone."""
    path = directory / "issuer.pem"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        draft = directory / f"issuer.pem.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(pem)
        with suppress(FileExistsError):  # somebody else was first: both use theirs
            os.link(draft, path)
        draft.unlink()
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path} is not an RSA key; remove it and a new one is made")
    return key


def jwks(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    """Return the public half of `key` as a JSON Web Key Set."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}


def make_token(
    key: rsa.RSAPrivateKey,
    issuer: str,
    sub: str,
    scopes: list[str],
    *,
    lifetime: int = LIFETIME,
    audience: str = AUDIENCE,
) -> str:
    """Sign an access token.

    Args:
        key: the issuer's key; any other makes a foreign token.
        issuer: its URL.
        sub: whom the token speaks for.
        scopes: such as `tessera/member`.
        lifetime: seconds until it expires; negative makes one that has expired.
        audience: whom it is meant for.
    """
    now = int(time.time())
    claims = {
        "iss": issuer,
        "sub": sub,
        "aud": audience,
        "client_id": "local",
        "scope": " ".join(scopes),
        "token_use": "access",
        "iat": min(now, now + lifetime),
        "exp": now + lifetime,
    }
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": KEY_ID})


def main() -> None:
    """Print a token for the stack that runs, or for the one that would run on the given port."""
    parser = argparse.ArgumentParser(prog="make token", usage="make -s token SUB=alice SCOPES=tessera/member,...")
    parser.add_argument("--sub", required=True)
    parser.add_argument("--scopes", required=True)
    parser.add_argument("--aws-port", type=int, required=True)
    arguments = parser.parse_args()
    scopes = [scope for scope in arguments.scopes.split(",") if scope]
    if not arguments.sub or not scopes:
        parser.error("SUB and SCOPES are needed")
    try:
        issuer = state.load().issuer
    except state.NotRunningError:
        issuer = issuer_url(arguments.aws_port)
    print(make_token(signing_key(state.DIRECTORY), issuer, arguments.sub, scopes))


if __name__ == "__main__":
    main()
