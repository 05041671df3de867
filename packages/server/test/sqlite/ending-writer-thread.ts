import { parentPort } from 'node:worker_threads'
import type { WriterRequest } from '../../src/store/sqlite/messages.ts'

/** The writer's thread, with two settings that end it: before it writes them, or after and before it says so. */
if (parentPort === null) throw new Error('a worker thread')
const port = parentPort
port.on('message', (request: WriterRequest) => {
  if (request.kind !== 'write') return
  if (request.args[0] === 'end before the commit') process.exit(9)
  if (request.args[0] === 'end after the commit') port.postMessage = () => process.exit(9)
})
await import('../../src/store/sqlite/writer-thread.ts')
