import { clientKeyAlgorithms } from '../../domain/credential.ts'
import { isTrustDomain, type Trust } from '../../domain/trust.ts'
import { isHttps, readTrustBody } from '../trust-body.ts'
import { type Body, type Fault, type Kind, rule } from './kind.ts'

const read = (id: string, body: Body): Trust => readTrustBody(id, JSON.stringify(body))

const trustDomain = /^spiffe:\/\/[a-z0-9._-]{1,255}$/

const checkIssuer = (trust: Trust): Fault[] => {
  const { issuer, keys } = trust
  if (isTrustDomain(trust)) {
    if (!trustDomain.test(issuer))
      return [rule('a trust domain is such as spiffe://example.org, without a path', '/issuer')]
    return keys.type === 'discovery'
      ? [rule('the keys of a trust domain are at its bundle endpoint (jwks-uri), or uploaded (jwks)', '/keys')]
      : []
  }
  if (keys.type !== 'discovery') return []
  return isHttps(issuer) && URL.parse(issuer)?.search === ''
    ? []
    : [rule('an issuer whose keys are discovered is an https URL without query or fragment', '/issuer')]
}

const checkAlgorithms = ({ algorithms }: Trust): Fault[] => {
  const known: readonly string[] = clientKeyAlgorithms
  if (algorithms.length === 0) return [rule('a trust needs an algorithm', '/algorithms')]
  return algorithms.flatMap((name, index) =>
    known.includes(name)
      ? []
      : [rule(`there is no algorithm ${name}, but ${known.join(', ')}`, `/algorithms/${index}`)],
  )
}

/** How many clients a conflict names before it counts the rest. */
const namedAtMost = 10

export const trustKind: Kind = {
  name: 'trust',
  describe: (id, body) => {
    const { id: _id, ...settings } = read(id, body)
    return settings
  },
  history: (body) => body,
  claims: () => [],
  check: async ({ place, after }, state) => {
    if (after !== undefined) {
      const trust = read(place.id, after)
      return [...checkIssuer(trust), ...checkAlgorithms(trust)]
    }
    const users = (await state.federated()).filter(({ credential }) => credential.trust === place.id)
    const names = [...new Set(users.map(({ client }) => `client ${client}`))]
    if (names.length === 0 || (await state.settings()) === undefined) return []
    const more = names.length > namedAtMost ? [`and ${names.length - namedAtMost} more`] : []
    return [
      {
        fault: 'used',
        message: `trust ${place.id} is named by ${[...names.slice(0, namedAtMost), ...more].join(', ')}: remove that first`,
      },
    ]
  },
}
