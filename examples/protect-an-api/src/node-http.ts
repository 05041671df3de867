import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
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

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (metadata(request, response)) return
  const { method, url = '/' } = request
  if (url === '/health') response.end('{"ok":true}')
  else if (method === 'GET' && url.startsWith('/weather/')) await show(request, response)
  else if (method === 'DELETE' && url.startsWith('/weather/')) await remove(request, response)
  else response.writeHead(404).end()
}

createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error)
    response.destroy()
  })
}).listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${PORT}`))
