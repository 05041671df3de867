import { protect } from '@mintmark/resource-server'
import { requireToken, serveMetadata } from '@mintmark/resource-server/fetch'

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

type City = Request & { readonly params: { readonly city: string } }

export default {
  hostname: '127.0.0.1',
  port: Number(PORT),
  routes: {
    '/health': () => Response.json({ ok: true }),
    '/weather/:city': {
      GET: requireToken(api, ['weather:read'], (request: City, token) =>
        Response.json({ city: request.params.city, askedBy: token.clientId }),
      ),
      DELETE: requireToken(
        api,
        { any: ['weather:write', 'weather:admin'] },
        (_request: City) => new Response(null, { status: 204 }),
      ),
    },
  },
  fetch: (request: Request) => metadata(request) ?? new Response(null, { status: 404 }),
}
