import { protect } from '@mintmark/resource-server'
import { requireToken, serveMetadata } from '@mintmark/resource-server/express'
import express from 'express'

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

const app = express()
app.use(serveMetadata(api))

app.get('/health', (_request, response) => {
  response.json({ ok: true })
})
app.get('/weather/:city', requireToken(api, ['weather:read']), (request, response) => {
  response.json({ city: request.params.city, askedBy: response.locals.token.clientId })
})
app.delete('/weather/:city', requireToken(api, { any: ['weather:write', 'weather:admin'] }), (_request, response) => {
  response.status(204).end()
})

app.listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${PORT}`))
