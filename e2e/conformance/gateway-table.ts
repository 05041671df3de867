import { gatewayRoutes, routes, settingsNamed } from './pack.ts'

/** Where the table finds the secret that the API asks an issuer with. */
const secretVariable = 'CONFORMANCE_SECRET'
export const environment = { [secretVariable]: 'secret' }

const everyMethod = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** An entry of the settings as the route table of a gateway. */
export function gatewayTable(name: string): string {
  const { audience, issuers } = settingsNamed(name)
  return JSON.stringify({
    issuers: issuers.map(({ issuer, algorithms, verification, jwks }) => ({
      issuer,
      algorithms,
      keys: { jwks },
      ...(verification && {
        verification,
        introspection: { clientId: 'api', clientSecret: { env: secretVariable }, maximumAge: 10 },
      }),
    })),
    audience,
    routes: [
      ...Object.entries(routes).map(([path, scopes]) => ({ path, methods: everyMethod, scopes })),
      ...gatewayRoutes.map(({ path, methods, requirement, public: open }) => ({
        path,
        methods,
        ...(open === undefined ? { scopes: requirement } : { public: open }),
      })),
    ],
  })
}

/** What the API, or whoever asks the verifier, is told of the token by headers of these names. */
export function tokenOfHeaders(line: (name: string) => string | undefined) {
  const text = (name: string) => decodeURIComponent(line(`x-mintmark-${name}`) ?? '')
  const scope = text('scope')
  return {
    issuer: text('issuer'),
    clientId: text('client-id'),
    subject: text('subject'),
    scopes: scope === '' ? [] : scope.split(' '),
  }
}
