import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type AdminClient, createAdminClient } from '@mintmark/client/admin'
import { makeKey } from '../contenders/bench-key.ts'
import { clientOf, workspace } from '../contenders/mintmark.ts'
import { audienceOf, type BenchClient, scope } from '../contenders/target.ts'
import type { SoakServer } from './server-process.ts'

const [tenant = '', name = ''] = workspace.split('/')
const place = { tenant, workspace: name }

/** Milliseconds between the lives of two clients. */
const interval = 500

export const administratorOf = ({ adminUrl, administrator }: SoakServer): AdminClient =>
  createAdminClient({ ...administrator, adminUrl, attempts: 1, timeout: 10_000 })

/** Makes clients that prove themselves by keys. */
export const createKeyHolders = async (admin: AdminClient, count: number): Promise<readonly BenchClient[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const key = makeKey()
      const id = `key-holder-${index}`
      const { capabilities, permissions } = clientOf({ key })
      await admin.createClient(place, {
        id,
        capabilities,
        permissions,
        authenticationMethods: ['private_key_jwt'],
      } as Parameters<AdminClient['createClient']>[1])
      await admin.createClientKey({ ...place, client: id }, { type: 'key', jwk: { ...key.jwk, kid: key.kid } })
      return { id, secret: '', key }
    }),
  )

export type Administration = {
  /** Changes made so far. */
  readonly changes: () => number
  /** Refused or unanswered. */
  readonly failures: readonly string[]
  /** Goes on until it is paused. */
  readonly go: () => void
  /** Resolves when the life it is at is over. */
  readonly pause: () => Promise<void>
}

/** What administrators do all day: a client is made, gets another secret, takes a token with it, is disabled and deleted. */
export const createAdministration = (server: SoakServer): Administration => {
  const { target } = server
  let paused = true
  let changes = 0
  const failures: string[] = []

  const live = async (id: string): Promise<void> => {
    const at = { ...place, client: id }
    const { capabilities, permissions } = clientOf({})
    // Its own, since the server's time goes faster than that of this process: what it keeps is over before it seems so.
    const admin = administratorOf(server)
    await admin.createClient(
      place,
      { id, capabilities, permissions, secret: { type: 'generated' } } as Parameters<AdminClient['createClient']>[1],
      { idempotencyKey: randomUUID() },
    )
    const { secret = '' } = await admin.createSecret(at, { type: 'generated' }, { idempotencyKey: randomUUID() })
    const response = await fetch(target.tokenUrl ?? '', {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource: audienceOf('es256') }),
    })
    if (response.status !== 200) throw new Error(`no token for ${id}: ${response.status} ${await response.text()}`)
    await response.arrayBuffer()
    await admin.updateClient(at, { enabled: false })
    await admin.deleteClient(at)
    changes += 4
  }
  let lives = 0
  let running: Promise<void> = Promise.resolve()
  const run = async (): Promise<void> => {
    while (!paused) {
      lives += 1
      try {
        await live(`passing-${lives}`)
      } catch (error) {
        failures.push((error as Error).message)
      }
      await pause(interval, undefined, { ref: false })
    }
  }
  return {
    changes: () => changes,
    failures,
    go: () => {
      paused = false
      running = run()
    },
    pause: () => {
      paused = true
      return running
    },
  }
}
