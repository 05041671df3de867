"""Runs the token vectors of conformance/ against PyJWT, and prints where it decides otherwise. A matter of taste is left out."""
import json
import pathlib
import re
import sys
from datetime import datetime, timezone
from unittest import mock

import jwt

folder = pathlib.Path(__file__).resolve().parents[4] / "conformance"
config = json.loads((folder / "settings.json").read_text())


class Clock(datetime):
    """PyJWT asks datetime for the time."""

    @classmethod
    def now(cls, tz=None):
        return datetime.fromtimestamp(config["now"], tz or timezone.utc)


def is_good(token, settings):
    (issuer,) = settings["issuers"]
    header = jwt.get_unverified_header(token)
    if not re.fullmatch(r"(application/)?at\+jwt", str(header.get("typ")), re.IGNORECASE):
        return False
    keys = [key for key in jwt.PyJWKSet(issuer["jwks"]["keys"]).keys if key.key_id == header.get("kid")]
    if len(keys) != 1 or keys[0].algorithm_name != header["alg"]:
        return False
    required = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"]
    claims = jwt.decode(
        token, keys[0], algorithms=issuer["algorithms"], issuer=issuer["issuer"], audience=settings["audience"],
        leeway=config["leeway"], options={"require": required, "strict_aud": False},
    )
    names = (claims["sub"], claims["client_id"], claims["jti"])
    if "cnf" in claims or not all(isinstance(name, str) and name for name in names):
        return False
    scope = claims.get("scope", "")
    return isinstance(scope, str) and re.fullmatch(r"([!#-\[\]-~]+( [!#-\[\]-~]+)*)?", scope) is not None


def decide(token, settings):
    try:
        return is_good(token, settings)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, RecursionError):
        return False


found = total = 0
with mock.patch("jwt.api_jwt.datetime", Clock):
    for file in sorted((folder / "vectors").glob("*.json")):
        for vector in json.loads(file.read_text())["vectors"]:
            if vector["level"] != "token" or vector["settings"] != "one-issuer" or "latitude" in vector:
                continue
            total += 1
            expect = vector["expect"]
            good = expect["decision"] == "allow" or (expect["challenge"] or {}).get("error") == "insufficient_scope"
            token = vector["request"]["headers"][0][1].removeprefix("Bearer ")
            if decide(token, config["settings"][vector["settings"]]) != good:
                found += 1
                print(f"{vector['id']}: {vector['title']}: wanted {'good' if good else 'refused'}")
print(f"{total - found} of {total} vectors are decided as they say")
sys.exit(1 if found else 0)
