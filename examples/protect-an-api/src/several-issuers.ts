import { createServer } from 'node:http'
import { secretFromEnvironment } from '@mintmark/client'
import { protect } from '@mintmark/resource-server'
import { requireToken } from '@mintmark/resource-server/node-http'

const {
  ISSUER = 'http://localhost:6749/default/demo',
  AUDIENCE = 'https://weather.example',
  PORT = '6752',
} = process.env
const credential = secretFromEnvironment('WEATHER_API_SECRET')

const api = protect({
  audience: AUDIENCE,
  issuer: [
    // Asked about each of its tokens, JWT or opaque; an answer is used for five seconds.
    { issuer: ISSUER, introspection: { clientId: 'weather-api', credential, maximumAge: 5_000 } },
    // A partner: JWTs only, verified with its published keys.
    { issuer: 'https://login.partner.example', algorithms: ['RS256'] },
  ],
  // What handlers see as token.claims. To throw is to refuse the token.
  claims: ({ department = 'none' }) => {
    if (typeof department !== 'string') throw new TypeError('department is no text')
    return { department }
  },
})

const show = requireToken(api, ['weather:read'], (_request, response, { issuer, clientId, claims }) => {
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ issuer, clientId, department: claims.department.toLowerCase() }))
})

createServer((request, response) => {
  if (request.url === '/health') return response.end('{"ok":true}')
  return show(request, response).catch(() => response.destroy())
}).listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${PORT}`))
