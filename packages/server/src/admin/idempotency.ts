import type { Clock } from '../lib/clock.ts'
import { sha256 } from '../lib/digest.ts'
import type { HttpRequest } from '../lib/message.ts'
import type { Random } from '../lib/random.ts'
import { open, seal } from '../lib/seal.ts'
import type { IdempotencyRecord, IdempotencyStore } from '../store/store.ts'
import { AdminProblem } from './admin-problem.ts'
import type { Administrator } from './administrator.ts'
import type { Answer } from './call.ts'

/** One request under an Idempotency-Key. */
export type Repeatable = {
  /** The answer given before, if there was one. @throws AdminProblem `idempotency-key-reused`, `conflict` when it can no longer be opened */
  readonly find: () => Promise<Answer | undefined>
  /** What to keep: the answer, sealed, since it may show a secret. */
  readonly keep: (answer: Answer) => IdempotencyRecord
  /** Runs what the key stands for after whatever this process does under the same key. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
}

/** How long an answer is kept: a day. */
const keptFor = 86_400_000

const keySyntax = /^[\x21-\x7e]{1,255}$/

export type Idempotency = (request: HttpRequest, administrator: Administrator) => Repeatable | undefined

export const createIdempotency = ({
  store,
  masterKey,
  clock,
  random,
}: {
  readonly store: IdempotencyStore
  readonly masterKey: Uint8Array
  readonly clock: Clock
  readonly random: Random
}): Idempotency => {
  const underway = new Map<string, Promise<unknown>>()

  const alone = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = underway.get(key) ?? Promise.resolve()
    const running = before.then(work, work)
    underway.set(key, running)
    try {
      return await running
    } finally {
      if (underway.get(key) === running) underway.delete(key)
    }
  }

  return (request, { actor }) => {
    const given = request.headers['idempotency-key']
    if (given === undefined || request.method === 'GET') return undefined
    if (typeof given !== 'string' || !keySyntax.test(given)) {
      throw new AdminProblem('invalid-request', 'An Idempotency-Key is 1 to 255 visible ASCII characters.', {
        check: 'idempotency-key',
      })
    }
    const key = sha256(JSON.stringify([actor, given])).toString('base64url')
    const context = `idempotent answer ${key}`
    const said = [request.method, request.path, request.query, request.headers['if-match'] ?? '']
    const digest = sha256(Buffer.concat([Buffer.from(JSON.stringify(said)), request.body])).toString('base64url')
    return {
      find: async () => {
        const found = await store.find(key, clock.now())
        if (found === undefined) return undefined
        if (found.request !== digest) {
          throw new AdminProblem('idempotency-key-reused', 'The idempotency key was used for another request.', {
            check: 'idempotency-key-same-request',
          })
        }
        const plain = open(masterKey, Buffer.from(found.response, 'base64'), context)
        if (plain === undefined) {
          // Acting again could make a second of what was made, so it is not an option.
          const detail = 'The request was carried out before; its answer was lost when the master key changed.'
          throw new AdminProblem('conflict', detail, { check: 'idempotency-answer-readable' })
        }
        return JSON.parse(Buffer.from(plain).toString()) as Answer
      },
      keep: (answer) => ({
        key,
        request: digest,
        response: Buffer.from(seal(masterKey, Buffer.from(JSON.stringify(answer)), context, random)).toString('base64'),
        expires: clock.now() + keptFor,
      }),
      alone: (work) => alone(key, work),
    }
  }
}
