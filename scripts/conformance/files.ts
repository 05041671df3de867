import { gatewayRoutes, leeway, now, routes, settings } from './settings.ts'
import { algorithmVectors } from './subjects/algorithm.ts'
import { authorizationVectors } from './subjects/authorization-header.ts'
import { claimsVectors } from './subjects/claims.ts'
import { ecdsaVectors } from './subjects/ecdsa.ts'
import { edwardsVectors } from './subjects/edwards.ts'
import { encodingVectors } from './subjects/encoding.ts'
import { headerVectors } from './subjects/header.ts'
import { introspectionVectors } from './subjects/introspection.ts'
import { issuersVectors } from './subjects/issuers.ts'
import { jsonVectors } from './subjects/json.ts'
import { keysVectors } from './subjects/keys.ts'
import { limitsVectors } from './subjects/limits.ts'
import { namesVectors } from './subjects/names.ts'
import { noCredentialsVectors } from './subjects/no-credentials.ts'
import { pathsVectors } from './subjects/paths.ts'
import { requestVectorsOfAll } from './subjects/request.ts'
import { printedSignatures, rfcVectors } from './subjects/rfc.ts'
import { rsaVectors } from './subjects/rsa.ts'
import { scopeVectors } from './subjects/scope.ts'
import { signatureVectors } from './subjects/signature.ts'
import { substitutionVectors } from './subjects/substitution.ts'
import { timesVectors } from './subjects/times.ts'

/** Every file of vectors, one line each. */
export const subjects = [
  signatureVectors,
  ecdsaVectors,
  rsaVectors,
  edwardsVectors,
  algorithmVectors,
  headerVectors,
  encodingVectors,
  jsonVectors,
  claimsVectors,
  timesVectors,
  namesVectors,
  issuersVectors,
  scopeVectors,
  keysVectors,
  substitutionVectors,
  rfcVectors,
  introspectionVectors,
  authorizationVectors,
  noCredentialsVectors,
  requestVectorsOfAll,
  limitsVectors,
  pathsVectors,
]

const text = (value: unknown) => () => `${JSON.stringify(value, undefined, 2)}\n`

/** What is generated into `conformance/`: data that anybody can run, made of the descriptions here. */
export const conformanceFiles = [
  { path: 'conformance/settings.json', generate: text({ now, leeway, routes, gatewayRoutes, settings }) },
  { path: 'conformance/signatures.json', generate: text({ signatures: printedSignatures }) },
  ...subjects.map(({ name, title, vectors }) => ({
    path: `conformance/vectors/${name}.json`,
    generate: text({ title, vectors }),
  })),
]
