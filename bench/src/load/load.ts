/** The load generator's process: prepares named sets of requests and runs them when told. It ends with the channel to its parent. */
import type { LoadMessage, LoadReply, Prepare } from './messages.ts'
import { runLoad } from './run-load.ts'
import { runOpenLoop } from './run-open-loop.ts'

const prepared = new Map<string, Prepare>()
const reply = (message: LoadReply): void => void process.send?.(message)

process.on('disconnect', () => process.exit(0))
process.on('message', async (message: LoadMessage) => {
  if (message.kind === 'prepare') {
    const known = message.further ? prepared.get(message.name) : undefined
    prepared.set(message.name, {
      ...message,
      requests: known === undefined ? message.requests : known.requests.concat(message.requests),
    })
    return reply({ kind: 'prepared' })
  }
  try {
    const set = prepared.get(message.name)
    if (!set) throw new Error(`nothing prepared under ${message.name}`)
    if (message.kind === 'open-loop') {
      reply({ kind: 'open-loop-result', result: await runOpenLoop(set, message) })
    } else reply({ kind: 'result', result: await runLoad(set, message) })
  } catch (error) {
    reply({ kind: 'error', message: (error as Error).message })
  }
})
