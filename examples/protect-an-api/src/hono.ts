import { serve } from '@hono/node-server'
import { protect } from '@mintmark/resource-server'
import { requireToken, serveMetadata } from '@mintmark/resource-server/hono'
import { Hono } from 'hono'

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

const app = new Hono()
app.use(serveMetadata(api))

app.get('/health', (context) => context.json({ ok: true }))
app.get('/weather/:city', requireToken(api, ['weather:read']), (context) =>
  context.json({ city: context.req.param('city'), askedBy: context.var.token.clientId }),
)
app.delete('/weather/:city', requireToken(api, { any: ['weather:write', 'weather:admin'] }), (context) =>
  context.body(null, 204),
)

serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' }, () =>
  console.log(`listening on http://127.0.0.1:${PORT}`),
)
