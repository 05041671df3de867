import {
  accessClaims,
  allowed,
  bearerRequest,
  insufficientScope,
  invalidToken,
  makeToken,
  type Recipe,
  tokenOf,
} from '../recipe.ts'
import { audience, issuer, leeway, now } from '../settings.ts'
import { requirementOf } from '../token-vector.ts'
import type { Expectation, Subject, Vector } from '../vector.ts'

interface Parts {
  readonly settings?: string
  readonly latitude?: string
  readonly path?: string
  readonly token?: string
}

type Answer = Readonly<Record<string, unknown>>
type Make = (
  name: string,
  title: string,
  source: string,
  answer: unknown,
  parts?: Parts & { readonly status?: number },
) => Vector

const rfc = 'RFC 7662 §2.2'
const closed = 'RFC 7662 §4; threat model: fail closed'

/** What a good answer says; a change of undefined leaves a member out. */
const active = (id: string, change: Answer = {}): Answer =>
  JSON.parse(JSON.stringify({ active: true, token_type: 'Bearer', ...accessClaims(id), ...change }))

const make =
  (expect: (id: string, answer: unknown, settings: string, path: string) => Expectation): Make =>
  (name, title, source, answer, { settings = 'introspection', path = '/read', token, latitude, status = 200 } = {}) => {
    const id = `introspection-${name}`
    const request = bearerRequest(token ?? `opaque.${id}`, path)
    const requirement = requirementOf(path)
    const introspection = { status, body: answer }
    const extra = latitude === undefined ? {} : { latitude }
    return {
      id,
      title,
      source,
      level: 'introspection',
      settings,
      requirement,
      request,
      introspection,
      expect: expect(id, answer, settings, path),
      ...extra,
    }
  }

const accepted = make((_, answer) =>
  allowed(tokenOf({ iss: issuer, sub: (answer as Answer).client_id, ...(answer as Answer) })),
)
const refused = make((_id, _answer, settings) => invalidToken(settings))
const tooLittle = make((_id, _answer, settings, path) => insufficientScope(settings, requirementOf(path)))
/** Nobody can tell whether the token is good: 503, and no challenge, since another token would not help. */
const undecided = make(() => ({ decision: 'refuse', status: 503, challenge: null }))

/** Vectors whose answer is a good one but for one change. */
const changed =
  (of: Make): ((name: string, title: string, source: string, change: Answer, parts?: Parts) => Vector) =>
  (name, title, source, change, parts) =>
    of(name, title, source, active(`introspection-${name}`, change), parts)
const good = changed(accepted)
const bad = changed(refused)

const jwt = (id: string, recipe: Recipe = {}) => makeToken(`introspection-${id}`, recipe)
const byFormat = (token: string): Parts => ({ settings: 'by-format', token })
const notBoolean: readonly unknown[] = [false, 'true', 1, null, [], [true], {}]

export const introspectionVectors: Subject = {
  name: 'introspection',
  title: 'Introspection: what the issuer answers about a token decides, and trouble with the issuer lets nobody in',
  vectors: [
    good('active', 'An active token', rfc, {}),
    good(
      'active-jwt',
      'An active token that is a JWT: the answer decides, not its claims',
      rfc,
      {},
      { token: jwt('active-jwt', { claims: { exp: 0 } }) },
    ),
    bad(
      'revoked-jwt',
      'A good JWT that the issuer says is not active',
      rfc,
      { active: false },
      { token: jwt('revoked-jwt') },
    ),
    good('without-issuer', 'No iss, which is optional', rfc, { iss: undefined }),
    good('without-sub', 'No sub: the client itself', `${rfc}; RFC 9068 §2.2`, { sub: undefined }),
    good('without-iat-jti', 'No iat and no jti, which are optional', rfc, { iat: undefined, jti: undefined }),
    good('without-token-type', 'No token_type, which is optional', rfc, { token_type: undefined }),
    good('token-type-lower-case', 'token_type in small letters', 'RFC 6749 §5.1', { token_type: 'bearer' }),
    good('audience-list', 'aud is a list with the API', rfc, { aud: ['https://other-api.example', audience] }),
    good('unknown-members', 'Members nobody knows', rfc, { username: 'x', 'https://example.org/x': {} }),
    good('exp-inside-leeway', 'exp is a second less ago than the leeway', rfc, { exp: now - leeway + 1 }),
    ...notBoolean.map((value, index) =>
      bad(`active-${index}`, `active is ${JSON.stringify(value)}`, rfc, { active: value }),
    ),
    bad('active-missing', 'active is missing', rfc, { active: undefined }),
    refused('inactive', 'Not active, and nothing else said', rfc, { active: false }),
    refused('empty', 'An empty object', rfc, {}),
    bad('expired', 'Active, and exp is past', rfc, { exp: now - leeway }),
    bad('exp-string', 'exp is a string', rfc, { exp: String(now + 300) }),
    bad(
      'exp-missing',
      'No exp',
      rfc,
      { exp: undefined },
      { latitude: 'RFC 7662 §2.2 makes exp optional; nothing is remembered without end here' },
    ),
    bad('nbf-ahead', 'nbf is ahead', rfc, { nbf: now + leeway + 1 }),
    bad('nbf-string', 'nbf is a string', rfc, { nbf: 'x' }),
    bad('audience-other', 'aud is another API', `${rfc}; RFC 9700 §2.3`, { aud: 'https://other-api.example' }),
    bad(
      'audience-missing',
      'No aud',
      'RFC 9700 §2.3',
      { aud: undefined },
      { latitude: 'RFC 7662 §2.2 makes aud optional; there is no token for everyone here' },
    ),
    bad('audience-number-in-list', 'aud is a list with the API and a number', rfc, { aud: [audience, 7] }),
    bad('issuer-other', 'iss is another issuer', rfc, { iss: 'https://other-issuer.example' }),
    bad('issuer-list', 'iss is a list', rfc, { iss: [issuer] }),
    bad('issuer-null', 'iss is null', rfc, { iss: null }),
    bad(
      'client-missing',
      'No client_id',
      rfc,
      { client_id: undefined },
      { latitude: 'RFC 7662 §2.2 makes client_id optional; the API is told who calls' },
    ),
    bad('client-number', 'client_id is a number', rfc, { client_id: 7 }),
    bad('client-crlf', 'client_id has a line break', 'RFC 6749 App. A.1; CWE-113', { client_id: 'a\r\nX-Injected: 1' }),
    bad('sub-number', 'sub is a number', rfc, { sub: 7 }),
    bad('token-type-dpop', 'token_type is DPoP, and there is no proof', 'RFC 9449 §7.1', { token_type: 'DPoP' }),
    bad('token-type-mac', 'token_type is mac', rfc, { token_type: 'mac' }),
    bad('token-type-list', 'token_type is a list', rfc, { token_type: ['Bearer'] }),
    bad('bound-jkt', 'Bound to a key, without proof', 'RFC 9449 §6.2', { cnf: { jkt: 'x' } }),
    bad('bound-certificate', 'Bound to a certificate, without it', 'RFC 8705 §3.2', { cnf: { 'x5t#S256': 'x' } }),
    bad('scope-list', 'scope is a list', rfc, { scope: ['api:read'] }),
    bad('scope-two-spaces', 'scope has two spaces', 'RFC 6749 §3.3', { scope: 'api:read  api:write' }),
    changed(tooLittle)('scope-other', 'Active, with another scope', 'RFC 6750 §3.1', { scope: 'api:other' }),
    changed(tooLittle)('scope-missing', 'Active, without scope', 'RFC 6750 §3.1', { scope: undefined }),
    good(
      'scope-none-needed',
      'Active, without scope, where none is needed',
      'RFC 6750 §3.1',
      { scope: undefined },
      { path: '/token' },
    ),

    undecided('status-500', 'The issuer answers 500', closed, {}, { status: 500 }),
    undecided('status-503-active', 'The issuer answers 503 with an active token', closed, active('x'), { status: 503 }),
    undecided('status-403-active', 'The issuer answers 403 with an active token', closed, active('x'), { status: 403 }),
    undecided('status-201-active', 'The issuer answers 201 with an active token', closed, active('x'), { status: 201 }),
    undecided('status-302', 'The issuer redirects', closed, {}, { status: 302 }),
    undecided('body-list', 'The answer is a list', closed, [{ active: true }]),
    undecided('body-string', 'The answer is a string', closed, 'active'),
    undecided('body-true', 'The answer is true', closed, true),
    undecided('body-null', 'The answer is null', closed, null),

    accepted(
      'by-format-jwt',
      'A JWT, verified by its signature; the issuer is not asked',
      'RFC 9068 §4',
      { ...active('introspection-by-format-jwt'), active: undefined },
      byFormat(jwt('by-format-jwt')),
    ),
    refused(
      'by-format-jwt-bad',
      'A JWT with a bad signature, which the issuer would say is active',
      'RFC 9068 §4',
      active('x'),
      byFormat(jwt('by-format-jwt-bad', { sign: () => Buffer.alloc(64, 1) })),
    ),
    refused(
      'by-format-jwt-none',
      'A JWT without signature, which the issuer would say is active',
      'RFC 8725 §3.2',
      active('x'),
      byFormat(jwt('by-format-jwt-none', { header: { alg: 'none' } })),
    ),
    good('by-format-opaque', 'An opaque token, of which the issuer is asked', rfc, {}, { settings: 'by-format' }),
    bad(
      'by-format-opaque-inactive',
      'An opaque token that is not active',
      rfc,
      { active: false },
      { settings: 'by-format' },
    ),
  ],
}
