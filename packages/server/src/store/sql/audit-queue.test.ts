import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditRow } from '../store.ts'
import { createAuditQueue } from './audit-queue.ts'

const event: AuditRow = { time: 1, type: 'token.issued', workspace: 'a/b', client: 'c', reference: '', body: '{}' }
const unavailable = { name: 'StoreUnavailableError' }
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A disk that answers when told to. */
const disk = () => {
  const commits: {
    readonly rows: number
    readonly uses: number
    readonly answer: PromiseWithResolvers<readonly boolean[]>
  }[] = []
  return {
    commits,
    send: (rows: readonly unknown[], uses: readonly unknown[]) => {
      const answer = Promise.withResolvers<readonly boolean[]>()
      commits.push({ rows: rows.length, uses: uses.length, answer })
      return answer.promise
    },
  }
}

test('events that arrive during a commit share the next one', async () => {
  const { commits, send } = disk()
  const queue = createAuditQueue({ send })
  const first = queue.append(event)
  await turn()
  const others = Promise.all([queue.append(event), queue.append(event), queue.append(event)])
  await turn()
  assert.deepEqual(
    commits.map(({ rows }) => rows),
    [1],
  )
  commits[0]?.answer.resolve([])
  await first
  assert.deepEqual(
    commits.map(({ rows }) => rows),
    [1, 3],
  )
  commits[1]?.answer.resolve([])
  await others
  await queue.drain()
})

test('values that count once travel with the events, each with its own answer', async () => {
  const { commits, send } = disk()
  const queue = createAuditQueue({ send })
  const taken = [queue.use('a', 1), queue.use('b', 1)]
  const appended = queue.append(event)
  await turn()
  assert.deepEqual(
    commits.map(({ rows, uses }) => ({ rows, uses })),
    [{ rows: 1, uses: 2 }],
  )
  commits[0]?.answer.resolve([true, false])
  assert.deepEqual(await Promise.all(taken), [true, false])
  await appended
  await queue.drain()
})

test('a commit that fails takes no value, and an answer that is missing is no first time', async () => {
  const { commits, send } = disk()
  const queue = createAuditQueue({ send })
  const failed = assert.rejects(queue.use('a', 1), /full/)
  await turn()
  commits[0]?.answer.reject(new Error('disk full'))
  await failed
  const unanswered = queue.use('b', 1)
  await turn()
  commits[1]?.answer.resolve([])
  assert.equal(await unanswered, false)
  await queue.drain()
})

test('a commit that fails refuses its own events and no others', async () => {
  const { commits, send } = disk()
  const queue = createAuditQueue({ send })
  const first = assert.rejects(queue.append(event), /full/)
  await turn()
  const second = queue.append(event)
  commits[0]?.answer.reject(new Error('disk full'))
  await first
  commits[1]?.answer.resolve([])
  await second
  await queue.drain()
})

test('more waiting events than it may hold are refused at once', async () => {
  const { commits, send } = disk()
  const queue = createAuditQueue({ send, capacity: 2 })
  const first = queue.append(event)
  await turn()
  const accepted = [queue.append(event), queue.append(event)]
  await assert.rejects(queue.append(event), unavailable)
  commits[0]?.answer.resolve([])
  await first
  commits[1]?.answer.resolve([])
  await Promise.all(accepted)
  await queue.drain()
})

test('a disk that does not answer refuses who waits and who comes, and is trusted again when it answers', async () => {
  const { commits, send } = disk()
  const queue = createAuditQueue({ send, patience: 50 })
  const first = queue.append(event)
  await turn()
  const second = queue.append(event)
  await assert.rejects(first, unavailable)
  await assert.rejects(second, unavailable)
  await assert.rejects(queue.append(event), unavailable)
  commits[0]?.answer.resolve([])
  await turn()
  const third = queue.append(event)
  await turn()
  commits[1]?.answer.resolve([])
  await third
  await queue.drain()
})
