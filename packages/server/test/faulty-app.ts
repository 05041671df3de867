import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeForm, writeBasic } from '@mintmark/protocol'
import { type App, createApp } from '../src/app.ts'
import { createIssuers } from '../src/domain/issuer.ts'
import { createDeadlines } from '../src/lib/deadlines.ts'
import { silentLog } from '../src/lib/log.ts'
import type { HttpResponse } from '../src/lib/message.ts'
import { createParking } from '../src/lib/parking.ts'
import { createSystemRandom } from '../src/lib/random.ts'
import { createStatistics } from '../src/operations/statistics.ts'
import { type FoundedSecrets, type Founding, foundWorkspace } from '../src/registry/bootstrap.ts'
import { type Store, StoreUnavailableError } from '../src/store/store.ts'
import { openStore } from '../src/store/stores.ts'
import { casesFounding, type Ending, type MovableClock, movableClock } from './fixtures.ts'

/** The application without sockets, over a real store whose methods fail while they are named. */
export type FaultyApp = {
  readonly app: App
  readonly store: Store
  readonly clock: MovableClock
  readonly secrets: FoundedSecrets
  /** Names such as `revocations.add`; each call of one rejects with `StoreUnavailableError`. */
  readonly faults: Set<string>
  /** The same, but they fail as nobody expects. */
  readonly bugs: Set<string>
  /** How far the clock is ahead of the store's, in milliseconds, as the store tells it. */
  clockAhead: number
  /** A POST of a client, by Basic, to a path below the issuer. */
  readonly post: (client: string, path: string, form: Readonly<Record<string, string>>) => Promise<HttpResponse>
  /** The same store behind a new application: nothing in memory. */
  readonly restart: () => Promise<void>
}

type Method = (...args: readonly unknown[]) => unknown

const withFaults = (store: Store, faults: ReadonlySet<string>, bugs: ReadonlySet<string>): Store =>
  Object.fromEntries(
    Object.entries(store).map(([group, methods]) => {
      if (typeof methods === 'function') return [group, methods]
      const guarded = Object.entries(methods as Readonly<Record<string, Method>>).map(([name, method]) => [
        name,
        (...args: readonly unknown[]) => {
          if (faults.has(`${group}.${name}`)) {
            return Promise.reject(new StoreUnavailableError(`${group}.${name}: the disk is full`))
          }
          if (bugs.has(`${group}.${name}`))
            return Promise.reject(new TypeError('SELECT secret FROM /var/lib/x (a.ts:1:1)'))
          return method(...args)
        },
      ])
      return [group, Object.fromEntries(guarded)]
    }),
  ) as unknown as Store

export const bodyOf = (response: HttpResponse): Readonly<Record<string, unknown>> =>
  JSON.parse(String(response.body)) as Readonly<Record<string, unknown>>

export const startFaultyApp = async (test: Ending, founding: Founding = casesFounding): Promise<FaultyApp> => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-test-'))
  const real = await openStore('sqlite:test.sqlite', directory)
  const clock = movableClock()
  const random = createSystemRandom()
  const faults = new Set<string>()
  const bugs = new Set<string>()
  let clockAhead = 0
  const store = { ...withFaults(real, faults, bugs), contact: () => ({ ...real.contact(), clockAhead }) }
  const masterKey = random.bytes(32)
  const make = (): App =>
    createApp({
      store,
      masterKey,
      issuers: createIssuers('http://localhost:6749', 'http://localhost:6750'),
      clock,
      elapsed: clock.elapsed,
      wait: async () => {},
      certificates: { taken: false, url: undefined, revocationLists: () => [] },
      outbound: { allowed: [], ca: undefined },
      random,
      log: silentLog,
      statistics: createStatistics(),
      parking: createParking(),
      deadlines: createDeadlines({ elapsed: clock.elapsed }),
      answerTimes: { endpoints: 3000, administration: 20_000 },
      auditRetention: 90,
      leakReports: { scanners: [], labels: false },
      clientCapacity: 100,
      metadataMaxAge: 900,
      keysActive: 90,
      keysAnnounced: 3600,
    })
  const secrets = (await foundWorkspace(founding, { store: real, clock, random })) ?? {}
  let app = make()
  test.after(async () => {
    await app.close()
    await real.close()
    rmSync(directory, { recursive: true, force: true })
  })
  return {
    get app() {
      return app
    },
    store: real,
    clock,
    secrets,
    faults,
    bugs,
    get clockAhead() {
      return clockAhead
    },
    set clockAhead(milliseconds) {
      clockAhead = milliseconds
    },
    restart: async () => {
      await app.close()
      app = make()
    },
    post: (client, path, form) =>
      app.handlePublic({
        method: 'POST',
        path: `/${founding.workspace}${path}`,
        query: '',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: writeBasic(client, secrets[client] ?? ''),
        },
        rawHeaders: [],
        body: Buffer.from(encodeForm(Object.entries(form))),
        address: '127.0.0.1',
      }),
  }
}
