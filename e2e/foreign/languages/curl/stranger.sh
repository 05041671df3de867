#!/bin/bash
# A shell script as a stranger to Mintmark: curl gets tokens and asks about them.
# What it is told and what it prints is said in language.ts. Answers are one-line JSON without spaces, as Mintmark writes them.
set -euo pipefail

# The text of one member of a JSON object, or null.
member() { sed -n 's/.*"'"$1"'":"\([^"]*\)".*/"\1"/p' | grep . || echo null; }

token() { # method, scope, secret
  local credentials=(--user "stranger:$3")
  [[ $1 == client_secret_post ]] && credentials=(--data client_id=stranger --data "client_secret=$3")
  curl --silent --show-error "${credentials[@]}" --data grant_type=client_credentials --data "scope=$2" "$ISSUER/oauth2/token"
}

for method in client_secret_basic client_secret_post; do
  say() { echo "{\"client\":\"curl\",\"method\":\"$method\",$1}"; }
  say "\"format\":\"jwt\",\"token\":$(token $method use:ES256 "$SECRET" | member access_token)"
  say "\"format\":\"opaque\",\"token\":$(token $method use:opaque "$SECRET" | member access_token)"
  say "\"error\":$(token $method use:ES256 wrong | member error)"
  say "\"error\":$(token $method nosuch "$SECRET" | member error)"
done

for api in ES256 RS256 PS256 EdDSA opaque; do
  # One token a line: name, tab, token.
  tokens=$(sed 's/.*"'$api'":{\([^}]*\)}.*/\1/; s/","/\n/g; s/":"/\t/g; s/"//g' <<<"$TOKENS")
  while IFS=$'\t' read -r name token; do
    answer=$(curl --silent --show-error --user "stranger:$SECRET" --data "token=$token" "$ISSUER/oauth2/introspect")
    subject=null
    if [[ $answer == *'"active":true'* && $answer == *"\"aud\":\"https://${api,,}.example\""* ]]; then
      subject=$(member sub <<<"$answer")
    fi
    echo "{\"verifier\":\"curl, introspection\",\"api\":\"$api\",\"token\":\"$name\",\"subject\":$subject}"
  done <<<"$tokens"
done
