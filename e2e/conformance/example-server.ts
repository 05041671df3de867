/**
 * The smallest server the vectors can be run against: the routes of conformance/settings.json behind our own verifier.
 *
 *   node e2e/conformance/example-server.ts [SETTINGS]      listens on PORT
 */
import { createServer } from 'node:http'
import { protect } from '@mintmark/resource-server'
import { requireToken } from '@mintmark/resource-server/node-http'
import { protectOptions, routes } from './pack.ts'

const api = protect(protectOptions(process.argv[2] ?? 'one-issuer'))
const listeners = new Map(
  Object.entries(routes).map(([path, requirement]) => [
    path,
    requireToken(api, requirement, (_request, response) => void response.end('let in\n')),
  ]),
)
const server = createServer({ maxHeaderSize: 65_536 }, async (request, response) => {
  const [path = ''] = (request.url ?? '').split('?')
  const listener = listeners.get(path)
  if (listener === undefined) response.writeHead(404).end()
  else await listener(request, response)
})
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') console.log(`listening on http://127.0.0.1:${address.port}`)
})
