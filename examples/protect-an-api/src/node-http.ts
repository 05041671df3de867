import { createServer } from 'node:http'
import { protect } from '@mintmark/resource-server'
import { requireToken, serveMetadata } from '@mintmark/resource-server/node-http'

const {
  ISSUER = 'http://localhost:6749/default/demo',
  AUDIENCE = 'https://weather.example',
  PORT = '6752',
} = process.env
const api = protect({
  issuer: ISSUER,
  audience: AUDIENCE,
  metadata: { scopes: ['weather:read', 'weather:write'] },
  onRefusal: ({ check }) => console.error('refused:', check),
})

const metadata = serveMetadata(api)

const show = requireToken(api, ['weather:read'], (request, response, token) => {
  const city = request.url?.slice('/weather/'.length)
  response.writeHead(200, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify({ city, askedBy: token.clientId }))
})
const remove = requireToken(api, { any: ['weather:write', 'weather:admin'] }, (_request, response) => {
  response.writeHead(204).end()
})

createServer((request, response) => {
  if (metadata(request, response)) return
  const { method, url = '/' } = request
  if (url === '/health') response.end('{"ok":true}')
  else if (method === 'GET' && url.startsWith('/weather/')) void show(request, response)
  else if (method === 'DELETE' && url.startsWith('/weather/')) void remove(request, response)
  else response.writeHead(404).end()
}).listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${PORT}`))
