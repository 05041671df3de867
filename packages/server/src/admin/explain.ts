import type { AuditEventView, Explanation } from '@mintmark/protocol/admin'

/** What was refused, by type of event. */
const subjects: Readonly<Record<string, string>> = {
  'token.refused': 'A token was refused',
  'introspection.refused': 'An introspection was refused',
  'revocation.refused': 'A revocation was refused',
  'administration.refused': 'A call of the admin API was refused',
  'client-authentication.blocked': 'Attempts to authenticate are refused unseen',
  'token.limited': 'Tokens are refused',
}

/** What failed, for the checks that people meet most; the others are named by their words. */
const reasons: Readonly<Record<string, string>> = {
  'client-known': 'there is no such client in the workspace',
  'client-enabled': 'the client is disabled',
  'credential-proven': 'the secret is not that of a live credential of the client',
  'authentication-present': 'the request presents no client authentication',
  'authentication-method-registered': 'the client may not authenticate in this way',
  'authentication-method-allowed': 'the profile of the workspace does not allow this way to authenticate',
  'sender-constrained': 'the workspace gives bound tokens only, and the request proves no key and no certificate',
  'address-allowed': 'the client may not call from this address',
  'client-failures': 'authentication of this client from this address failed too often',
  'address-failures': 'authentication of too many clients from this address failed',
  'token-rate': 'the client asked for more tokens than its limit allows',
  'assertion-iss': 'the assertion names another issuer than its subject, and no trust has that issuer',
  'assertion-signature': 'no live key of the client, or of the trust, signed the assertion',
  'assertion-audience': 'the assertion is for another audience, or for others too',
  'assertion-exp': 'the assertion has ended, never ends, or lives too long',
  'assertion-used-once': 'the assertion was used before',
  'assertion-since-restore':
    'the assertion was made before a backup was restored, which does not know whether it was used',
  'trust-enabled': 'the trust is disabled',
  'trust-keys-available': 'the keys of the trusted issuer cannot be fetched',
  'federated-client-known': 'no client has matchers that all hold: mintmark trust test shows which did not',
  'federated-client-sole': 'several clients have matchers that all hold, and the request names none',
  'federated-matchers-hold': 'the token does not match the client: mintmark trust test shows by what',
  capability: 'the client lacks a capability',
  'scope-permitted': 'a scope is unknown or not permitted to the client',
  'scope-of-one-resource': 'no single API permitted to the client has all scopes asked for',
  'resource-permitted': 'the resource is unknown or not permitted to the client',
  'resource-unambiguous': 'the request could mean several APIs, and names none',
  'any-resource-permitted': 'the client is not permitted any API',
  'content-type': 'the body is of another media type',
  'bearer-present': 'the request has no bearer token',
  'bearer-expired': 'the token has expired',
  'bearer-not-revoked': 'the token was revoked',
  'bearer-authentic': 'the token was not made by this server',
  scope: 'the token does not carry the scope that is needed',
  audience: 'the token is for another API',
  'if-match': 'it was changed since it was read',
  'configuration-rules': 'the configuration would break a rule',
  'no-conflict': 'it conflicts with what is there',
  schema: 'the input is not as the contract says',
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const sentence = (event: AuditEventView, check: string): string => {
  const subject = subjects[event.type] ?? 'A request was refused'
  const client = text(event.client)
  const who = client === undefined ? '' : ` to client ${client}`
  const where = text(event.workspace)
  const reason = reasons[check] ?? `the check ${check} failed`
  return `${subject}${who}${where === undefined ? '' : ` in ${where}`}: ${reason}.`
}

/** Puts a refusal in words, from its audit event. */
export const explainEvent = (reference: string, event: AuditEventView): Explanation => {
  const check = text(event.check) ?? 'unknown'
  const expected = text(event.expected)
  const received = text(event.received)
  return {
    reference,
    sentence: sentence(event, check),
    check,
    ...(expected === undefined ? {} : { expected }),
    ...(received === undefined ? {} : { received }),
    event,
  }
}
