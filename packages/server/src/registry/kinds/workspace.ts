import { idPattern } from '@mintmark/protocol/admin'
import { readTrustAnchor } from '../../certificates/trust-anchors.ts'
import { systemWorkspace, type Workspace } from '../../domain/workspace.ts'
import { demandsOf } from '../../policy/security-profile.ts'
import { readWorkspaceBody } from '../bodies.ts'
import { type Body, type Fault, type Kind, type Offered, type ResultingState, rule } from './kind.ts'

/** First segments of paths the server has for itself, on either listener. */
const reservedSegments: readonly string[] = [
  '.well-known',
  'admin',
  'console',
  'health',
  'leak-reports',
  'metrics',
  'openapi.json',
  'version',
]

const pathSyntax = /^(?:\/[A-Za-z0-9._~!$&'()*+,;=:@-]+)+$/

const pathFault = (path: string, { endpoints }: Offered): string | undefined => {
  if (!pathSyntax.test(path)) return 'must be an absolute path without empty, encoded or trailing parts'
  const [, first = '', , ...rest] = path.split('/')
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return 'has a dot segment'
  if (reservedSegments.includes(first)) return `begins with /${first}, which the server has for itself`
  if (endpoints.some((endpoint) => endpoint.path === `/${rest.join('/')}`)) return 'is the path of an endpoint itself'
  return undefined
}

const checkAliases = ({ aliases }: Workspace, offered: Offered): Fault[] => {
  const seen = new Set<string>()
  return aliases.flatMap(({ path, endpoint }, index) => {
    const faults: Fault[] = []
    const wrong = seen.has(path) ? 'is named twice' : pathFault(path, offered)
    seen.add(path)
    if (wrong !== undefined) faults.push(rule(`alias ${path} ${wrong}`, `/aliases/${index}/path`))
    if (!offered.endpoints.some(({ name }) => name === endpoint)) {
      const names = offered.endpoints.map(({ name }) => name).join(', ')
      faults.push(rule(`alias ${path}: there is no endpoint ${endpoint}, but ${names}`, `/aliases/${index}/endpoint`))
    }
    return faults
  })
}

const checkAnchors = ({ trustAnchors }: Workspace): Fault[] =>
  trustAnchors.flatMap((pem, index) => {
    const anchor = readTrustAnchor(pem)
    return 'wrong' in anchor ? [rule(`trust anchor ${index + 1}: ${anchor.wrong}`, `/trustAnchors/${index}`)] : []
  })

/** APIs whose tokens are signed in a way that the profile does not allow: it is not switched on while there are any. */
const checkProfile = async (settings: Workspace, state: ResultingState): Promise<Fault[]> => {
  const demanded = demandsOf(settings)
  if (demanded === undefined) return []
  const allowed = demanded.algorithms.join(', ')
  return (await state.apis())
    .filter(({ algorithm }) => !demanded.algorithms.includes(algorithm))
    .map(({ id, algorithm }) =>
      rule(`the profile ${settings.profile} allows ${allowed}, and api ${id} signs with ${algorithm}`, '/profile'),
    )
}

/** Administration goes by bearer tokens, and a lost administrator is brought back by a secret. */
const checkSystemPolicies = (settings: Workspace): Fault[] =>
  [
    settings.allowSecrets ? undefined : 'allowSecrets',
    settings.tokenRateLimit === undefined ? undefined : 'tokenRateLimit',
    settings.maximumSecretLifetime === undefined ? undefined : 'maximumSecretLifetime',
    settings.maximumKeyLifetime === undefined ? undefined : 'maximumKeyLifetime',
    settings.senderConstrainedTokens ? 'senderConstrainedTokens' : undefined,
    settings.profile === undefined ? undefined : 'profile',
  ].flatMap((name) =>
    name === undefined ? [] : [rule(`the system workspace has no policy ${name}: it could lock you out`, `/${name}`)],
  )

/**
 * A key of any other shape could be read as that of another workspace: `a/b` of tenant `system`, or a client `b/c` of
 * workspace `a`.
 */
const isKey = (key: string): boolean => {
  const ids = key.split('/')
  return ids.length === 2 && ids.every((id) => new RegExp(idPattern).test(id))
}

const read = (body: Body): Workspace => readWorkspaceBody('/', JSON.stringify(body))

export const workspaceKind: Kind = {
  name: 'workspace',
  describe: (_id, body) => {
    const { key: _key, ...settings } = read(body)
    return settings
  },
  history: (body) => body,
  claims: (body) => read(body).aliases.map(({ path }) => `path:${path}`),
  check: async ({ place, before, after }, state) => {
    if (after === undefined) {
      const [api] = await state.apis()
      const client = await state.someClient()
      const left = api === undefined ? client && `client ${client}` : `api ${api.id}`
      return left === undefined ? [] : [{ fault: 'used', message: `workspace ${place.id} still has ${left}` }]
    }
    const settings = read(after)
    const faults = [
      ...checkAliases(settings, state.offered),
      ...checkAnchors(settings),
      ...(await checkProfile(settings, state)),
    ]
    if (before === undefined && !isKey(place.id)) {
      faults.push(
        rule('the ids of a tenant and a workspace are lower-case letters, digits, dots, hyphens, underscores'),
      )
    }
    if (settings.tokenLifetime > settings.maxTokenLifetime) {
      const most = `the workspace's longest, ${settings.maxTokenLifetime} s`
      faults.push(rule(`the token lifetime of ${settings.tokenLifetime} s is longer than ${most}`, '/tokenLifetime'))
    }
    if (state.workspace === systemWorkspace) faults.push(...checkSystemPolicies(settings))
    if (state.workspace === systemWorkspace && settings.auditOutage !== 'strict') {
      faults.push(rule('the system workspace lets nobody in whose event is not stored', '/auditOutage'))
    }
    if (state.workspace === systemWorkspace && settings.aliases.length > 0) {
      faults.push(rule('the system workspace has no aliases: it answers on the management listener only', '/aliases'))
    }
    return faults
  },
}
