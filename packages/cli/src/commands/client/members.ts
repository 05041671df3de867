import type { OptionSpecs, OptionValues } from '../../command.ts'
import { readTokenRate, tokenRateOptions } from '../../token-rate.ts'
import { given, isYes, listOrAbsent, readSecondsOrNone } from '../../values.ts'
import { readPermissions } from './permissions.ts'

/** The members of a client as flags. A list that is given replaces the one that is there; `none` empties it. */
export const clientOptions = {
  name: { type: 'text', value: 'TEXT', summary: 'Its name for people' },
  capability: {
    type: 'text',
    value: 'NAME',
    many: true,
    summary: 'What it may do, such as client_credentials or introspection (mintmark choices)',
  },
  permit: { type: 'text', value: 'API:SCOPE,SCOPE', many: true, summary: 'Scopes of an API it may have' },
  default: { type: 'text', value: 'SCOPE', many: true, summary: 'Which of them it gets without asking' },
  introspects: { type: 'text', value: 'API', many: true, summary: 'An API whose tokens it may introspect' },
  'auth-method': { type: 'text', value: 'NAME', many: true, summary: 'How it may authenticate (mintmark choices)' },
  'endpoint-audience': {
    type: 'text',
    value: 'YES|NO',
    choices: ['yes', 'no'],
    summary: 'Whether its assertions may name the token endpoint as audience, as older clients do; no by default',
  },
  dpop: {
    type: 'text',
    value: 'YES|NO',
    choices: ['yes', 'no'],
    summary: 'Whether its tokens are always bound to a key by DPoP; no by default',
  },
  'certificate-bound': {
    type: 'text',
    value: 'YES|NO',
    choices: ['yes', 'no'],
    summary: 'Whether its tokens are bound to the certificate it asks with (mutual TLS); no by default',
  },
  'allow-address': { type: 'text', value: 'ADDRESS', many: true, summary: 'Address or range it may call from' },
  lifetime: {
    type: 'text',
    value: 'TIME',
    summary: "How long its tokens live: 299, 5m, 1h; none for the API's lifetime",
  },
  ...tokenRateOptions("How many tokens a second it may get, on each node; none for the workspace's limit"),
} as const satisfies OptionSpecs

/** What the flags say, and nothing else. */
export const readClient = (options: OptionValues<typeof clientOptions>) =>
  given({
    displayName: options.name,
    capabilities: listOrAbsent(options.capability),
    permissions: readPermissions(options.permit, options.default),
    introspects: listOrAbsent(options.introspects),
    authenticationMethods: listOrAbsent(options['auth-method']),
    tokenEndpointAudience: isYes(options['endpoint-audience']),
    dpopBoundAccessTokens: isYes(options.dpop),
    certificateBoundAccessTokens: isYes(options['certificate-bound']),
    allowedAddresses: listOrAbsent(options['allow-address']),
    tokenLifetime: options.lifetime === undefined ? undefined : readSecondsOrNone(options.lifetime, '--lifetime'),
    tokenRateLimit: readTokenRate(options),
  })
