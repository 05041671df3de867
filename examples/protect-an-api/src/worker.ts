import { protect } from '@mintmark/resource-server'
import { requireToken, serveMetadata } from '@mintmark/resource-server/fetch'

interface Environment {
  readonly ISSUER: string
  readonly AUDIENCE: string
}

function weather({ ISSUER, AUDIENCE }: Environment) {
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
  return async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname === '/health') return Response.json({ ok: true })
    if (request.method === 'GET' && pathname.startsWith('/weather/')) return show(request)
    if (request.method === 'DELETE' && pathname.startsWith('/weather/')) return remove(request)
    return metadata(request) ?? new Response(null, { status: 404 })
  }
}

// A worker knows its settings with the first request; what `protect` remembers is kept for the ones after it.
let answer: ReturnType<typeof weather> | undefined

export default {
  fetch: (request: Request, environment: Environment) => {
    answer ??= weather(environment)
    return answer(request)
  },
}
