import { argon2Sync, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { compareSync } from 'bcryptjs'

/** Slow password hashes, in a thread of their own: neither the event loop nor the pool that signs tokens waits for one. */

type Parameters = Readonly<Record<string, number>>

const readParameters = (text: string): Parameters =>
  Object.fromEntries(
    text.split(',').map((pair) => {
      const [name = '', value = ''] = pair.split('=')
      return [name, Number(value)]
    }),
  )

const bytes = (text: string): Buffer => Buffer.from(text.replaceAll('.', '+'), 'base64')

type Derive = (secret: string, salt: Buffer, length: number, parameters: Parameters) => Buffer

const pbkdf2 =
  (digest: string): Derive =>
  (secret, salt, length, { i = 0 }) =>
    pbkdf2Sync(secret, salt, i, length, digest)

/** One row a PHC identifier. */
const derivations: Readonly<Record<string, Derive>> = {
  argon2id: (secret, salt, length, { m = 0, t = 0, p = 0 }) =>
    argon2Sync('argon2id', { message: secret, nonce: salt, memory: m, passes: t, parallelism: p, tagLength: length }),
  'pbkdf2-sha256': pbkdf2('sha256'),
  'pbkdf2-sha512': pbkdf2('sha512'),
  pbkdf2: pbkdf2('sha1'),
  scrypt: (secret, salt, length, { ln = 0, r = 8, p = 1 }) =>
    scryptSync(secret, salt, length, { N: 2 ** ln, r, p, maxmem: 256 * 1024 * 1024 }),
}

const verify = (phc: string, secret: string): boolean => {
  if (/^\$2[aby]\$/.test(phc)) return compareSync(secret, phc)
  const [, id = '', ...parts] = phc.split('$')
  const derive = derivations[id]
  const expected = bytes(parts.at(-1) ?? '')
  const salt = bytes(parts.at(-2) ?? '')
  const parameters = readParameters(parts.slice(0, -2).join(','))
  if (derive === undefined || expected.length < 16) return false
  return timingSafeEqual(derive(secret, salt, expected.length, parameters), expected)
}

const hash = (secret: string, salt: Uint8Array): string => {
  const [m, t, p] = [19_456, 2, 1]
  const tag = argon2Sync('argon2id', {
    message: secret,
    nonce: salt,
    memory: m,
    passes: t,
    parallelism: p,
    tagLength: 32,
  })
  const text = (value: Uint8Array): string => Buffer.from(value).toString('base64').replaceAll('=', '')
  return `$argon2id$v=19$m=${m},t=${t},p=${p}$${text(salt)}$${text(tag)}`
}

export type SlowHashRequest =
  | { readonly id: number; readonly kind: 'verify'; readonly phc: string; readonly secret: string }
  | { readonly id: number; readonly kind: 'hash'; readonly secret: string; readonly salt: Uint8Array }

export type SlowHashResponse = { readonly id: number; readonly result: boolean | string }

parentPort?.on('message', (request: SlowHashRequest) => {
  let result: boolean | string = false
  try {
    result = request.kind === 'verify' ? verify(request.phc, request.secret) : hash(request.secret, request.salt)
  } catch {
    result = false
  }
  parentPort?.postMessage({ id: request.id, result } satisfies SlowHashResponse)
})
