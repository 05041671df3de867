import type { ClientKeyInput, CredentialView, RotationInput } from '@mintmark/protocol/admin'
import type { OptionSpecs, OptionValues, Surroundings } from '../../command.ts'
import { readInput } from '../../connection/read-file.ts'
import { usageFailure } from '../../failure.ts'
import { readTime } from '../../values.ts'
import { readPublicKey } from '../client-key/add.ts'
import { algorithmOption, makeKey } from '../client-key/generate.ts'
import { publicPart } from '../client-key/public-part.ts'
import { readSecretSource, sourceOptions } from '../secret/source.ts'

/** Where the new credential of a rotation comes from. */
export const freshOptions = {
  secret: { type: 'switch', summary: 'A secret that the server makes and shows once' },
  'secret-file': sourceOptions['secret-file'],
  'secret-env': sourceOptions['secret-env'],
  'hash-file': sourceOptions['hash-file'],
  'out-file': { type: 'text', value: 'FILE', summary: 'A key made here: a new file for its private part' },
  algorithm: algorithmOption,
  'key-file': { type: 'text', value: 'FILE', summary: 'A public key as JWK or PEM' },
  'jwks-uri': { type: 'text', value: 'URL', summary: 'Where the client publishes its keys: https' },
  'certificate-file': { type: 'text', value: 'FILE', summary: 'A certificate, in PEM' },
  thumbprint: { type: 'text', value: 'DIGEST', summary: 'The SHA-256 of a certificate in base64url (x5t#S256)' },
  staged: { type: 'text', value: 'ID', summary: 'A credential of the client that is staged' },
  expires: { type: 'text', value: 'TIME', summary: 'When the new one ends: 2027-01-31, or a span such as 90d' },
} as const satisfies OptionSpecs

type From = Pick<Surroundings, 'environment' | 'cwd' | 'stdin' | 'now'>
type Options = OptionValues<typeof freshOptions>
type Fresh = Pick<RotationInput, 'secret' | 'key' | 'staged'>

const sources = [
  'secret-file',
  'secret-env',
  'hash-file',
  'out-file',
  'key-file',
  'jwks-uri',
  'certificate-file',
  'thumbprint',
  'staged',
] as const

/** What to name for a client that proves itself in one way. */
const flagsFor: Readonly<Record<CredentialView['type'], string>> = {
  secret: '--secret',
  key: '--out-file NEW.jwk, --key-file or --jwks-uri',
  'key-set': '--jwks-uri',
  certificate: '--certificate-file or --thumbprint',
  'certificate-subject': '--staged, of what "mintmark client-certificate add --staged" made',
  federated: '--staged, of what "mintmark federation add --staged" made',
}

const keyInput = async (options: Options, { cwd, stdin }: From, mutualTls: boolean): Promise<ClientKeyInput> => {
  const file = options['key-file'] ?? options['certificate-file']
  if (options['out-file'] !== undefined) {
    return { type: 'key', jwk: makeKey(options['out-file'], options.algorithm, cwd) }
  }
  if (options['jwks-uri'] !== undefined) return { type: 'key-set', uri: options['jwks-uri'] }
  if (options.thumbprint !== undefined) return { type: 'certificate', thumbprint: options.thumbprint }
  if (file === undefined) throw usageFailure('which key?')
  const text = await readInput(file, cwd, stdin)
  if (options['key-file'] !== undefined) return { type: 'key', jwk: readPublicKey(text, file) }
  // A certificate is for mutual TLS where the client comes that way, else it names the key of an assertion.
  return { type: mutualTls ? 'certificate' : 'key', certificate: publicPart(text, file) }
}

/**
 * The new credential that the flags describe; without any a generated secret, of a client that has secrets alone.
 * @param live what the client proves itself by now
 * @throws CommandFailure usage when that is not one thing
 */
export const readFresh = async (
  options: Options,
  from: From,
  client: string,
  live: readonly CredentialView[],
): Promise<Fresh> => {
  const named = [...(options.secret ? ['secret'] : []), ...sources.filter((name) => options[name] !== undefined)]
  const types = [...new Set(live.map(({ type }) => type))]
  const [type] = types
  if (named.length > 1) throw usageFailure(`${named.map((name) => `--${name}`).join(' and ')} exclude each other`)
  if (named.length === 0 && types.length > 1) {
    throw usageFailure(
      `${client} proves itself by more than one thing (${types.join(', ')}): say what the new credential is`,
      'mintmark help rotate shows the flags',
    )
  }
  if (named.length === 0 && type !== undefined && type !== 'secret') {
    throw usageFailure(`${client} proves itself by a ${type}: say where the new one comes from: ${flagsFor[type]}`)
  }
  if (options.staged !== undefined) return { staged: options.staged }
  const [flag = 'secret'] = named
  if (['secret', 'secret-file', 'secret-env', 'hash-file'].includes(flag)) {
    const secret = await readSecretSource(options, from, 'generated')
    return secret === undefined ? {} : { secret }
  }
  const mutualTls = types.some((one) => one === 'certificate' || one === 'certificate-subject')
  const key = await keyInput(options, from, mutualTls)
  const expires =
    options.expires === undefined ? {} : { expires: readTime(options.expires, '--expires', from.now(), 'after') }
  return { key: { ...key, ...expires } }
}
