/** Forked: `node:http` that answers every question with 200 and six headers: the least that asking another process costs. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { VerifierReady } from './verifier-process.ts'

process.on('disconnect', () => process.exit())
await once(process, 'message')
const headers = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`X-Bare-${index}`, 'weather-website']))
const server = createServer((_request, response) => {
  response.writeHead(200, { ...headers, 'Cache-Control': 'no-store', 'Content-Length': 0 })
  response.end()
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
if (typeof address !== 'object' || address === null) throw new Error('no port')
process.send?.({ port: address.port } satisfies VerifierReady)
