import { audience, issuer, now } from '../settings.ts'
import { publicJwk } from '../test-keys.ts'
import { tokenVectors } from '../token-vector.ts'
import type { Subject } from '../vector.ts'

const { refused } = tokenVectors('substitution')

const confused = 'RFC 8725 §2.8, §3.11, §3.12'

/** Whole claims of another kind of token, signed by the issuer and otherwise right. */
const kind = (typ: string | undefined, claims: Readonly<Record<string, unknown>>, header = {}) => ({
  header: { typ, ...header },
  claimsText: JSON.stringify(claims),
})
const common = { iss: issuer, aud: audience, sub: 'service-1', iat: now, exp: now + 300, jti: 'substitution' }

export const substitutionVectors: Subject = {
  name: 'substitution',
  title: 'Substitution: good signatures of the issuer under what is no access token',
  vectors: [
    refused(
      'id-token',
      'An ID Token',
      `${confused}; OpenID Connect Core §2`,
      kind('JWT', { ...common, azp: 'service-1', nonce: 'n', auth_time: now, scope: 'api:read' }),
    ),
    refused(
      'id-token-with-client-id',
      'An ID Token with all that an access token has but its type',
      confused,
      kind('JWT', { ...common, client_id: 'service-1', nonce: 'n', scope: 'api:read' }),
    ),
    refused(
      'id-token-typ-id',
      'An ID Token of type id+jwt',
      confused,
      kind('id+jwt', { ...common, client_id: 'service-1', scope: 'api:read' }),
    ),
    refused(
      'introspection',
      'An introspection response',
      'RFC 9701 §5, §8.1',
      kind('token-introspection+jwt', {
        iss: issuer,
        aud: audience,
        iat: now,
        token_introspection: { active: true, ...common, client_id: 'service-1', scope: 'api:read' },
      }),
    ),
    refused(
      'introspection-flat',
      'An introspection response with the members of a token beside',
      'RFC 9701 §8.1',
      kind('token-introspection+jwt', {
        ...common,
        client_id: 'service-1',
        scope: 'api:read',
        token_introspection: { active: true },
      }),
    ),
    refused(
      'introspection-json',
      'What an introspection says, as typ JWT',
      'RFC 9701 §8.1',
      kind('JWT', { ...common, active: true, client_id: 'service-1', scope: 'api:read' }),
    ),
    refused('dpop-proof', 'A DPoP proof', 'RFC 9449 §4.2', {
      ...kind(
        'dpop+jwt',
        { jti: 'p', htm: 'GET', htu: 'https://api.example/read', iat: now },
        { jwk: publicJwk('issuer-es256'), kid: undefined },
      ),
    }),
    refused('dpop-proof-with-claims', 'A DPoP proof with the claims of a token', 'RFC 9449 §4.2', {
      header: { typ: 'dpop+jwt', jwk: publicJwk('issuer-es256') },
      claims: { htm: 'GET', htu: 'https://api.example/read' },
    }),
    refused(
      'client-assertion',
      'A client assertion for this API',
      'RFC 7523 §3',
      kind('JWT', { ...common, iss: 'service-1' }),
    ),
    refused('client-assertion-typ', 'A client assertion of its own type', 'draft-ietf-oauth-rfc7523bis', {
      header: { typ: 'client-authentication+jwt' },
    }),
    refused('authorization-grant', 'An assertion that is a grant', 'RFC 7523 §2.1', {
      header: { typ: 'authorization-grant+jwt' },
    }),
    refused('request-object', 'A request object', 'RFC 9101 §10.8', {
      header: { typ: 'oauth-authz-req+jwt' },
      claims: { response_type: 'code' },
    }),
    refused('logout-token', 'A logout token', 'OpenID Connect Back-Channel Logout §2.4', {
      header: { typ: 'logout+jwt' },
      claims: { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
    }),
    refused('security-event', 'A security event', 'RFC 8417 §2.3', {
      header: { typ: 'secevent+jwt' },
      claims: { events: {} },
    }),
    refused('refresh-token', 'A refresh token', confused, { header: { typ: 'rt+jwt' } }),
    refused('authorization-code', 'An authorization code', confused, { header: { typ: 'ac+jwt' } }),
    refused(
      'userinfo',
      'A UserInfo response',
      confused,
      kind('JWT', { iss: issuer, aud: audience, sub: 'service-1', client_id: 'service-1', scope: 'api:read' }),
    ),
    refused('key-binding', 'A key-binding token of an SD-JWT', 'RFC 9901 §4.3', {
      header: { typ: 'kb+jwt' },
      claims: { sd_hash: 'x', nonce: 'y' },
    }),
    refused(
      'jarm',
      'An authorization response',
      'JARM §2',
      kind(undefined, { iss: issuer, aud: audience, exp: now + 300, code: 'c', state: 's' }),
    ),
    refused('status-list', 'A status list', 'draft-ietf-oauth-status-list', {
      header: { typ: 'statuslist+jwt' },
      claims: { status_list: { bits: 1, lst: 'eNo' } },
    }),
    refused(
      'metadata-signed',
      'Signed metadata of the issuer',
      'RFC 8414 §2.1',
      kind('JWT', { ...common, issuer, token_endpoint: `${issuer}/oauth2/token` }),
    ),
    refused(
      'software-statement',
      'A software statement',
      'RFC 7591 §2.3',
      kind('JWT', { ...common, software_id: 'x', client_name: 'y' }),
    ),
  ],
}
