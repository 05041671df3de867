"""A Python service as a stranger to Mintmark: Authlib and requests-oauthlib get tokens; PyJWT and Authlib check them.

What it is told and what it prints is said in language.ts.
"""

import json
import os
import ssl

import jwt
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc7662 import IntrospectTokenValidator
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc.jwk import KeySet
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

ISSUER = os.environ["ISSUER"]
SECRET = os.environ["SECRET"]
TOKENS = json.loads(os.environ["TOKENS"])
FORMATS = {"jwt": "use:ES256", "opaque": "use:opaque"}
METHODS = ("client_secret_basic", "client_secret_post")

# RFC 8414 §3.1: the well-known part goes between host and path.
scheme, _, host, path = ISSUER.split("/", 3)
metadata = requests.get(f"{scheme}//{host}/.well-known/oauth-authorization-server/{path}", timeout=5).json()


def say(**values):
    print(json.dumps(values))


def by_authlib(method, scope, secret=SECRET):
    session = AuthlibSession("stranger", secret, token_endpoint_auth_method=method)
    return session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", scope=scope)


def by_requests_oauthlib(method, scope, secret=SECRET):
    session = OAuth2Session(client=BackendApplicationClient(client_id="stranger", scope=[scope]))
    if method == "client_secret_basic":
        return session.fetch_token(metadata["token_endpoint"], auth=HTTPBasicAuth("stranger", secret))
    return session.fetch_token(metadata["token_endpoint"], client_secret=secret, include_client_id=True)


for client, fetch in (("Authlib", by_authlib), ("requests-oauthlib", by_requests_oauthlib)):
    for method in METHODS:
        for format, scope in FORMATS.items():
            say(client=client, method=method, format=format, token=fetch(method, scope)["access_token"])
        for scope, secret in (("use:ES256", "wrong"), ("nosuch", SECRET)):
            try:
                fetch(method, scope, secret)
            except (OAuthError, OAuth2Error) as refusal:
                say(client=client, method=method, error=refusal.error)

trusted = os.environ.get("REQUESTS_CA_BUNDLE")
pyjwt_keys = jwt.PyJWKClient(
    metadata["jwks_uri"], ssl_context=ssl.create_default_context(cafile=trusted) if trusted else None
)
authlib_keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=5).json())


class Validator(JWTBearerTokenValidator):
    def get_jwks(self):
        return authlib_keys


class Introspection(IntrospectTokenValidator):
    def introspect_token(self, token_string):
        session = AuthlibSession("stranger", SECRET)
        return session.introspect_token(metadata["introspection_endpoint"], token=token_string).json()


def with_pyjwt(api, audience, token):
    key = pyjwt_keys.get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=[api], issuer=ISSUER, audience=audience)


def with_authlib(_api, audience, token):
    validator = Validator(issuer=ISSUER, resource_server=audience)
    claims = validator.authenticate_token(token)
    validator.validate_token(claims, None, None)
    return claims


def with_introspection(_api, audience, token):
    validator = Introspection()
    claims = validator.introspect_token(token)
    validator.validate_token(claims, None, None)
    # The library does not look at it.
    if claims.get("aud") != audience:
        raise ValueError("for another API")
    return claims


for verifier, verify, apis in (
    ("PyJWT", with_pyjwt, ("ES256", "RS256", "PS256", "EdDSA")),
    ("Authlib", with_authlib, ("ES256", "RS256")),
    ("Authlib, introspection", with_introspection, ("ES256", "RS256", "opaque")),
):
    for api in apis:
        for name, token in TOKENS[api].items():
            try:
                subject = verify(api, f"https://{api.lower()}.example", token)["sub"]
            except Exception:  # Every library has its own, and each means no.
                subject = None
            say(verifier=verifier, api=api, token=name, subject=subject)
