import { protect } from '@mintmark/resource-server'
import { requireToken, serveMetadata } from '@mintmark/resource-server/fetch'

const { ISSUER = 'http://localhost:6749/default/demo', AUDIENCE = 'https://weather.example' } = process.env
const api = protect({
  issuer: ISSUER,
  audience: AUDIENCE,
  metadata: { scopes: ['weather:read', 'weather:write'] },
  onRefusal: ({ check }) => console.error('refused:', check),
})
const metadata = serveMetadata(api)

const show = requireToken(api, ['weather:read'], (request: Request, token) => {
  const city = new URL(request.url).pathname.slice('/weather/'.length)
  return Response.json({ city, askedBy: token.clientId })
})
const remove = requireToken(
  api,
  { any: ['weather:write', 'weather:admin'] },
  (_request: Request) => new Response(null, { status: 204 }),
)

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname === '/health') return Response.json({ ok: true })
  if (request.method === 'GET' && pathname.startsWith('/weather/')) return show(request)
  if (request.method === 'DELETE' && pathname.startsWith('/weather/')) return remove(request)
  return metadata(request) ?? new Response(null, { status: 404 })
}

export default { fetch: (request: Request) => answer(request) }
