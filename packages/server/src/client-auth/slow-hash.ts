import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { OAuthError } from '@mintmark/protocol'
import type { Random } from '../lib/random.ts'
import { threadFile } from '../lib/thread-file.ts'
import type { SlowHashRequest, SlowHashResponse } from './slow-hash-thread.ts'

/** Slow hashes of chosen and imported secrets, bounded in number. */
export type SlowHashes = {
  /** @throws OAuthError `temporarily_unavailable` when too many wait already */
  readonly verify: (phc: string, secret: string) => Promise<boolean>
  /** argon2id with 19 MiB and two passes (OWASP), as a PHC string. */
  readonly hash: (secret: string) => Promise<string>
  /** Waits until as much time has passed since `began` (`performance.now()`) as a slow hash takes. */
  readonly pace: (began: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** How many may wait for the one that is being computed. */
export const maximumWaiting = 64
/** What one takes before we have measured any, in milliseconds. */
const assumedDuration = 40
/** The longest we hold a wrong secret's answer, in milliseconds. */
const maximumPace = 500

/** The answer to one more than may wait. */
export const busy = (): OAuthError =>
  new OAuthError('temporarily_unavailable', 'The server is busy. Try again later.', {
    check: 'slow-hash-capacity',
    expected: `at most ${maximumWaiting} waiting`,
    headers: { 'retry-after': '1' },
  })

/** The thread starts with the first hash that needs it. */
export const createSlowHashes = ({ random }: { readonly random: Random }): SlowHashes => {
  let worker: Worker | undefined
  let nextId = 1
  let duration = assumedDuration
  const waiting = new Map<number, PromiseWithResolvers<boolean | string>>()

  const stopped = (): void => {
    worker = undefined
    for (const { reject } of waiting.values()) reject(busy())
    waiting.clear()
  }

  const start = (): Worker => {
    const started = new Worker(threadFile('slow-hash-thread', import.meta.url), { name: 'mintmark-slow-hash' })
    started.on('message', ({ id, result }: SlowHashResponse) => {
      waiting.get(id)?.resolve(result)
      waiting.delete(id)
      if (waiting.size === 0) started.unref()
    })
    started.on('error', stopped)
    started.on('exit', stopped)
    worker = started
    return started
  }

  const ask = async (request: SlowHashRequest): Promise<boolean | string> => {
    if (waiting.size > maximumWaiting) throw busy()
    const answered = Promise.withResolvers<boolean | string>()
    waiting.set(request.id, answered)
    const thread = worker ?? start()
    thread.ref()
    thread.postMessage(request)
    return answered.promise
  }

  return {
    verify: async (phc, secret) => {
      const alone = waiting.size === 0
      const began = performance.now()
      const result = await ask({ id: nextId++, kind: 'verify', phc, secret })
      if (alone) duration = duration * 0.8 + (performance.now() - began) * 0.2
      return result === true
    },
    hash: async (secret) => {
      const result = await ask({ id: nextId++, kind: 'hash', secret, salt: random.bytes(16) })
      if (typeof result !== 'string') throw new Error('the secret could not be hashed')
      return result
    },
    pace: async (began) => {
      const wait = Math.min(duration * 1.5, maximumPace) - (performance.now() - began)
      if (wait > 1) await delay(wait)
    },
    close: async () => {
      await worker?.terminate()
    },
  }
}
