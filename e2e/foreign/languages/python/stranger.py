"""A Python service as a stranger to Mintmark: Authlib and requests-oauthlib get tokens, PyJWT verifies them.

Prints one JSON object a line; the test beside it says what they must be.
"""

import json
import os
import ssl

import jwt
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

ISSUER = os.environ["ISSUER"]
SECRET = os.environ["SECRET"]
trusted = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])

# RFC 8414 §3.1: the well-known part goes between host and path.
host, path = ISSUER.split("/", 3)[2:]
metadata = requests.get(f"https://{host}/.well-known/oauth-authorization-server/{path}", timeout=5).json()
keys = jwt.PyJWKClient(metadata["jwks_uri"], ssl_context=trusted)


def say(**values):
    print(json.dumps(values))


def verified(token, algorithm):
    """The subject of a token, checked by PyJWT."""
    key = keys.get_signing_key_from_jwt(token)
    claims = jwt.decode(
        token, key, algorithms=[algorithm], issuer=ISSUER, audience=f"https://{algorithm.lower()}.example"
    )
    return claims["sub"]


for method in ("client_secret_basic", "client_secret_post"):
    session = AuthlibSession("stranger", SECRET, token_endpoint_auth_method=method)
    for algorithm in ("ES256", "RS256", "PS256", "EdDSA"):
        token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", scope=f"use:{algorithm}")
        say(
            library="authlib",
            method=method,
            scope=token["scope"],
            seconds=token["expires_in"],
            verified=verified(token["access_token"], algorithm),
        )
    opaque = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", scope="use:opaque")
    text = opaque["access_token"]
    before = session.introspect_token(metadata["introspection_endpoint"], token=text).json()
    revoked = session.revoke_token(metadata["revocation_endpoint"], token=text).status_code
    after = session.introspect_token(metadata["introspection_endpoint"], token=text).json()
    say(library="authlib", method=method, active=before["active"], revoked=revoked, after=after)

for method, how in (
    ("client_secret_basic", {"auth": HTTPBasicAuth("stranger", SECRET)}),
    ("client_secret_post", {"client_secret": SECRET, "include_client_id": True}),
):
    session = OAuth2Session(client=BackendApplicationClient(client_id="stranger", scope=["use:ES256"]))
    token = session.fetch_token(metadata["token_endpoint"], **how)
    say(library="requests-oauthlib", method=method, scope=token["scope"], verified=verified(token["access_token"], "ES256"))

try:
    AuthlibSession("stranger", "wrong").fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
except OAuthError as refusal:
    say(library="authlib", error=refusal.error)
