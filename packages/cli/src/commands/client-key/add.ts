import { createPublicKey } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { ClientKeyInput } from '@mintmark/protocol/admin'
import { workspaceCommand } from '../../admin-command.ts'
import { readInput } from '../../connection/read-file.ts'
import { failed, usageFailure } from '../../failure.ts'
import { publicPart } from './public-part.ts'
import { keyOptions, registerKey } from './register.ts'

export const clientKeyAdd = workspaceCommand({
  name: 'client-key add',
  summary: 'Add a public key to a client, or the place where it publishes its keys; the others stay',
  details: 'With it the client proves itself by private_key_jwt (RFC 7523): the private key never leaves it.',
  operands: { client: { summary: 'Id of the client' } },
  options: {
    'key-file': { type: 'text', value: 'FILE', summary: 'The public key as JWK or PEM; - reads it from stdin' },
    'certificate-file': {
      type: 'text',
      value: 'FILE',
      summary: 'Instead: a certificate with the key, in PEM; assertions name it by x5t#S256, and the key ends with it',
    },
    algorithm: {
      type: 'text',
      value: 'NAME',
      choices: ['ES256', 'ES384', 'PS256', 'RS256', 'Ed25519'],
      summary: 'What the key of the certificate signs with; PS256 without it for an RSA key',
    },
    'jwks-uri': { type: 'text', value: 'URL', summary: 'Where the client publishes its keys: https' },
    ...keyOptions,
  },
  examples: [
    { line: 'mintmark client-key add billing --key-file billing.pub.pem', says: 'a key made by openssl' },
    {
      line: 'mintmark client-key add daemon --certificate-file daemon.crt',
      says: 'in the way of Microsoft’s platform',
    },
    {
      line: 'mintmark client-key add partner --jwks-uri https://partner.example/jwks.json',
      says: 'keys it rotates itself',
    },
  ],
  run: async (invocation) => {
    const { operands, options, cwd, stdin } = invocation
    await registerKey(invocation, operands.client, await readKey(options, cwd, stdin), options)
    return undefined
  },
})

type Named = {
  readonly 'key-file': string | undefined
  readonly 'certificate-file': string | undefined
  readonly 'jwks-uri': string | undefined
  readonly algorithm: string | undefined
}

/** @throws CommandFailure when it is not one key, or cannot be read */
const readKey = async (named: Named, cwd: string, stdin: Readable): Promise<ClientKeyInput> => {
  const { 'key-file': file, 'certificate-file': certificate, 'jwks-uri': uri, algorithm } = named
  if ([file, certificate, uri].filter((given) => given !== undefined).length !== 1) {
    throw usageFailure('which key? Name one of --key-file, --certificate-file and --jwks-uri')
  }
  if (algorithm !== undefined && certificate === undefined) {
    throw usageFailure('--algorithm is for --certificate-file: a JWK says it in alg')
  }
  if (file !== undefined) return { type: 'key', jwk: readPublicKey(await readInput(file, cwd, stdin), file) }
  if (certificate === undefined) return { type: 'key-set', uri: uri ?? '' }
  return {
    type: 'key',
    certificate: publicPart(await readInput(certificate, cwd, stdin), certificate),
    ...(algorithm === undefined ? {} : { algorithm }),
  }
}

/** A JWK as it is, which the server judges, or the public key of a PEM text. @throws CommandFailure */
export const readPublicKey = (text: string, name: string): Record<string, unknown> => {
  if (text.includes('PRIVATE KEY')) throw failed(`${name} holds a private key: name the file of the public one`)
  try {
    if (text.includes('-----BEGIN')) return createPublicKey(text).export({ format: 'jwk' }) as Record<string, unknown>
    const jwk: unknown = JSON.parse(text)
    if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw new TypeError('not an object')
    if ('d' in jwk || 'k' in jwk)
      throw failed(`${name} holds a private key or a secret: name the file of the public key`)
    return jwk as Record<string, unknown>
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || isCryptoError(error)) {
      throw failed(`${name} is neither a JWK nor a public key in PEM`)
    }
    throw error
  }
}

const isCryptoError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^ERR_(OSSL|INVALID|CRYPTO)/.test(String(error.code))
