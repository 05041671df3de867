import { protect } from '@mintmark/resource-server'
import { requireToken, serveMetadata, tokenOf } from '@mintmark/resource-server/fastify'
import fastify from 'fastify'

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

const app = fastify()
app.register(serveMetadata(api))

app.get('/health', async () => ({ ok: true }))
app.get<{ Params: { city: string } }>(
  '/weather/:city',
  { onRequest: requireToken(api, ['weather:read']) },
  async (request) => ({ city: request.params.city, askedBy: tokenOf(api, request).clientId }),
)
app.delete(
  '/weather/:city',
  { onRequest: requireToken(api, { any: ['weather:write', 'weather:admin'] }) },
  (_request, reply) => reply.code(204).send(),
)

await app.listen({ port: Number(PORT), host: '127.0.0.1' })
console.log(`listening on http://127.0.0.1:${PORT}`)
