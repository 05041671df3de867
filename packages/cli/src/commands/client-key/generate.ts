import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { workspaceCommand } from '../../admin-command.ts'
import type { OptionSpec } from '../../command.ts'
import { systemErrorCode } from '../../connection/read-file.ts'
import { failed, usageFailure } from '../../failure.ts'
import { keyOptions, registerKey } from './register.ts'

const makers = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  Ed25519: () => generateKeyPairSync('ed25519'),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 3072 }),
} as const

export const algorithmOption = {
  type: 'text',
  value: 'NAME',
  choices: Object.keys(makers),
  summary: 'What the client signs with; ES256 without it',
} as const satisfies OptionSpec

export const clientKeyGenerate = workspaceCommand({
  name: 'client-key generate',
  summary: 'Make a key on this machine, keep its private part in a file, and add its public part to a client',
  details: 'The private key is written as a JWK that only this user may read, and is sent nowhere.',
  operands: { client: { summary: 'Id of the client' } },
  options: {
    'out-file': { type: 'text', value: 'FILE', summary: 'A new file for the private key' },
    algorithm: algorithmOption,
    ...keyOptions,
  },
  examples: [
    { line: 'mintmark client-key generate billing --out-file billing.jwk', says: 'made here, and registered' },
  ],
  run: async (invocation) => {
    const { operands, options, cwd, output } = invocation
    const file = options['out-file']
    if (file === undefined) throw usageFailure('where to? Name a new file: --out-file billing.jwk')
    const jwk = makeKey(file, options.algorithm, cwd)
    await registerKey(invocation, operands.client, { type: 'key', jwk }, options)
    output.remark(`The private key is in ${file}.`)
    return undefined
  },
})

/**
 * Makes a key and keeps its private part in a new file, first: a key that is registered and lost would be of no use to anybody.
 * @returns its public part
 * @throws CommandFailure when the file cannot be written
 */
export const makeKey = (file: string, algorithm: string | undefined, cwd: string): Record<string, unknown> => {
  const alg = (algorithm as keyof typeof makers | undefined) ?? 'ES256'
  const { publicKey, privateKey } = makers[alg]()
  keep(resolve(cwd, file), file, { ...privateKey.export({ format: 'jwk' }), alg })
  return { ...publicKey.export({ format: 'jwk' }), alg }
}

const keep = (path: string, name: string, jwk: object): void => {
  try {
    writeFileSync(path, `${JSON.stringify(jwk)}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const code = systemErrorCode(error)
    throw failed(`cannot write ${name}: ${code === 'EEXIST' ? 'there is such a file already' : code || 'it failed'}`)
  }
}
