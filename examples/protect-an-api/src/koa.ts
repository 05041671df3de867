import Router from '@koa/router'
import { protect } from '@mintmark/resource-server'
import { requireToken, serveMetadata } from '@mintmark/resource-server/koa'
import Koa from 'koa'

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

const router = new Router()
router.get('/health', (context) => {
  context.body = { ok: true }
})
router.get('/weather/:city', requireToken(api, ['weather:read']), (context) => {
  context.body = { city: context.params.city, askedBy: context.state.token.clientId }
})
router.delete('/weather/:city', requireToken(api, { any: ['weather:write', 'weather:admin'] }), (context) => {
  context.status = 204
})

const app = new Koa()
app.use(serveMetadata(api)).use(router.routes())
app.listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${PORT}`))
