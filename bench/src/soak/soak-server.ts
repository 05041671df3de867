/**
 * A server for a soak: as `mintmark serve` starts it, but its time can be let pass, so that hours are over within seconds, and it
 * says what its memory holds. It ends with the channel to its parent.
 */
import { loadConfig, startServer } from '@mintmark/server'
import type { ServerMessage, ServerReply } from './messages.ts'

/** What a server forgets by itself every ten minutes. */
const housekeeping = [
  'purge-audit',
  'purge-dead-letters',
  'purge-revocations',
  'purge-idempotency',
  'purge-credential-callers',
  'purge-used-values',
] as const

const collect = globalThis.gc
if (collect === undefined) throw new Error('a soak needs --expose-gc')

const reply = (message: ServerReply): void => void process.send?.(message)

let passed = 0
const { config } = loadConfig({ file: undefined, environment: process.env, flags: {} })
const server = await startServer(config, {
  clock: { now: () => Date.now() + passed },
  elapsed: () => performance.now() + passed,
})

process.on('disconnect', () => process.exit(1))
process.on('message', async (message: ServerMessage) => {
  try {
    if (message.kind === 'measure') {
      // What a first collection frees may be held by what runs when objects are gone.
      collect()
      await new Promise((resolve) => setImmediate(resolve))
      collect()
      const { rss, heapUsed, external } = process.memoryUsage()
      reply({ kind: 'memory', residentBytes: rss, heapBytes: heapUsed, externalBytes: external })
    } else if (message.kind === 'pass') {
      passed += message.milliseconds
      reply({ kind: 'passed', ahead: passed })
    } else {
      const began = performance.now()
      for (const task of housekeeping) {
        if (!(await server.background.runNow(task))) throw new Error(`${task} was held back`)
      }
      reply({ kind: 'forgotten', milliseconds: performance.now() - began })
    }
  } catch (error) {
    reply({ kind: 'error', message: (error as Error).message })
  }
})
process.once('SIGTERM', async () => {
  await server.close()
  process.exit(0)
})
reply({ kind: 'ready', publicUrl: server.publicUrl, adminUrl: server.adminUrl })
