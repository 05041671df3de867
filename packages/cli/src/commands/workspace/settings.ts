import type { WorkspaceSettings } from '@mintmark/protocol/admin'
import type { OptionSpecs, OptionValues } from '../../command.ts'
import { readTextFile } from '../../connection/read-file.ts'
import { failed, usageFailure } from '../../failure.ts'
import { readTokenRate, tokenRateOptions } from '../../token-rate.ts'
import { given, isYes, listOrAbsent, readOverlap, readSeconds, readSecondsOrNone } from '../../values.ts'

/** The settings of a workspace as flags. */
export const settingOptions = {
  name: { type: 'text', value: 'TEXT', summary: 'Its name for people' },
  lifetime: {
    type: 'text',
    value: 'TIME',
    summary: 'How long its tokens live, where nothing says otherwise: 3600, 5m, 1h',
  },
  'max-lifetime': { type: 'text', value: 'TIME', summary: 'No token of it lives longer' },
  ...tokenRateOptions('How many tokens a second each client without a limit may get, on each node; none for no limit'),
  'multiple-audiences': {
    type: 'text',
    value: 'YES/NO',
    choices: ['yes', 'no'],
    summary: 'Whether one token may be for several APIs',
  },
  'dpop-nonce': {
    type: 'text',
    value: 'YES/NO',
    choices: ['yes', 'no'],
    summary: 'Whether DPoP proofs need a nonce of the server',
  },
  secrets: {
    type: 'text',
    value: 'YES/NO',
    choices: ['yes', 'no'],
    summary: 'Whether clients may be given secrets; no lets those there are go on',
  },
  'max-secret-lifetime': {
    type: 'text',
    value: 'TIME',
    summary: 'A new secret ends within it, such as 90d; none takes the limit away',
  },
  'max-key-lifetime': {
    type: 'text',
    value: 'TIME',
    summary: 'A new key or certificate of a client ends within it; none takes the limit away',
  },
  'rotation-overlap': {
    type: 'text',
    value: 'TIME',
    summary: 'How long the credentials before a rotation go on, where it does not say: 1d',
  },
  'notify-before': {
    type: 'text',
    value: 'TIME',
    many: true,
    summary: 'How far before its end a credential is announced: 30d,7d,1d; none announces the end alone',
  },
  'rs256-assertions': {
    type: 'text',
    value: 'YES/NO',
    choices: ['yes', 'no'],
    summary: 'Whether clients may sign their assertions with RS256; no also ends those of keys there are',
  },
  leaks: {
    type: 'text',
    value: 'WHAT',
    choices: ['revoke', 'report'],
    summary: 'What happens when a scanner finds a secret or token of it in public',
  },
  'audit-outage': {
    type: 'text',
    value: 'POLICY',
    choices: ['strict', 'available'],
    summary: 'While the database is away: strict issues nothing, available goes on and delivers audit events later',
  },
  'sender-constrained': {
    type: 'text',
    value: 'YES/NO',
    choices: ['yes', 'no'],
    summary: 'Whether every token must be bound to a key or a certificate',
  },
  profile: {
    type: 'text',
    value: 'PROFILE',
    choices: ['fapi2', 'none'],
    summary: 'The FAPI 2.0 Security Profile in one switch',
  },
  'trust-anchors': {
    type: 'text',
    value: 'FILE',
    summary: 'The CAs, in one PEM file, whose certificates prove its clients; none trusts nobody',
  },
  alias: {
    type: 'text',
    value: 'PATH=ENDPOINT',
    many: true,
    summary: 'A further path of an endpoint, such as /oauth/v2/oauth-token=token; none removes all',
  },
} as const satisfies OptionSpecs

const readAliases = (values: readonly string[]) => {
  if (values.length === 0) return undefined
  if (values.length === 1 && values[0] === 'none') return []
  return values.map((text) => {
    const at = text.lastIndexOf('=')
    if (at <= 0 || !text.startsWith('/')) throw usageFailure(`--alias "${text}" must be PATH=ENDPOINT`)
    return { path: text.slice(0, at), endpoint: text.slice(at + 1) }
  })
}

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

const readAnchors = (file: string | undefined, cwd: string): string[] | undefined => {
  if (file === undefined) return undefined
  if (file === 'none') return []
  const text = readTextFile(file, cwd)
  if (text.includes('PRIVATE KEY')) throw failed(`${file} holds a private key: name the file of the certificates alone`)
  const found = text.match(certificate)
  if (found === null) throw failed(`${file} holds no certificate in PEM`)
  return found.map((pem) => `${pem}\n`)
}

/** What the flags say, and nothing else. */
export const readSettings = (
  options: OptionValues<typeof settingOptions>,
  enabled: boolean | undefined,
  cwd: string,
): WorkspaceSettings =>
  given({
    displayName: options.name,
    enabled,
    tokenLifetime: options.lifetime === undefined ? undefined : readSeconds(options.lifetime, '--lifetime'),
    maxTokenLifetime:
      options['max-lifetime'] === undefined ? undefined : readSeconds(options['max-lifetime'], '--max-lifetime'),
    tokenRateLimit: readTokenRate(options),
    multipleAudiences: isYes(options['multiple-audiences']),
    dpopNonce: isYes(options['dpop-nonce']),
    allowSecrets: isYes(options.secrets),
    maximumSecretLifetime:
      options['max-secret-lifetime'] === undefined
        ? undefined
        : readSecondsOrNone(options['max-secret-lifetime'], '--max-secret-lifetime'),
    maximumKeyLifetime:
      options['max-key-lifetime'] === undefined
        ? undefined
        : readSecondsOrNone(options['max-key-lifetime'], '--max-key-lifetime'),
    rotationOverlap:
      options['rotation-overlap'] === undefined
        ? undefined
        : readOverlap(options['rotation-overlap'], '--rotation-overlap'),
    expiryNotices: listOrAbsent(options['notify-before'])?.map((text) => readSeconds(text, '--notify-before')),
    refuseRs256Assertions: options['rs256-assertions'] === undefined ? undefined : options['rs256-assertions'] === 'no',
    leakedCredentials: options.leaks === undefined ? undefined : options.leaks === 'revoke' ? 'revoke' : 'report',
    auditOutage: options['audit-outage'] as WorkspaceSettings['auditOutage'],
    senderConstrainedTokens: isYes(options['sender-constrained']),
    profile: options.profile === undefined ? undefined : options.profile === 'fapi2' ? 'fapi2' : null,
    trustAnchors: readAnchors(options['trust-anchors'], cwd),
    aliases: readAliases(options.alias),
  })
