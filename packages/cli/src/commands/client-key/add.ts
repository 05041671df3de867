import { createPublicKey } from 'node:crypto'
import type { ClientKeyInput } from '@mintmark/protocol/admin'
import { workspaceCommand } from '../../admin-command.ts'
import { readInput } from '../../connection/read-file.ts'
import { failed, usageFailure } from '../../failure.ts'
import { keyOptions, registerKey } from './register.ts'

export const clientKeyAdd = workspaceCommand({
  name: 'client-key add',
  summary: 'Add a public key to a client, or the place where it publishes its keys; the others stay',
  details: 'With it the client proves itself by private_key_jwt (RFC 7523): the private key never leaves it.',
  operands: { client: { summary: 'Id of the client' } },
  options: {
    'key-file': { type: 'text', value: 'FILE', summary: 'The public key as JWK or PEM; - reads it from stdin' },
    'jwks-uri': { type: 'text', value: 'URL', summary: 'Where the client publishes its keys: https' },
    ...keyOptions,
  },
  examples: [
    { line: 'mintmark client-key add billing --key-file billing.pub.pem', says: 'a key made by openssl' },
    {
      line: 'mintmark client-key add partner --jwks-uri https://partner.example/jwks.json',
      says: 'keys it rotates itself',
    },
  ],
  run: async (invocation) => {
    const { operands, options, cwd, stdin } = invocation
    const { 'key-file': file, 'jwks-uri': uri } = options
    if ((file === undefined) === (uri === undefined))
      throw usageFailure('which key? Name one of --key-file and --jwks-uri')
    const input: ClientKeyInput =
      file === undefined
        ? { type: 'key-set', uri: uri ?? '' }
        : { type: 'key', jwk: readPublicKey(await readInput(file, cwd, stdin), file) }
    await registerKey(invocation, operands.client, input, options)
    return undefined
  },
})

/** A JWK as it is, which the server judges, or the public key of a PEM text. @throws CommandFailure */
const readPublicKey = (text: string, name: string): Record<string, unknown> => {
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
