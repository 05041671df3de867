import { gatewayRoutes, leeway, now, routes, settings } from './settings.ts'
import { algorithmVectors } from './subjects/algorithm.ts'
import { authorizationVectors } from './subjects/authorization-header.ts'
import { claimsVectors } from './subjects/claims.ts'
import { encodingVectors } from './subjects/encoding.ts'
import { headerVectors } from './subjects/header.ts'
import { issuersVectors } from './subjects/issuers.ts'
import { keysVectors } from './subjects/keys.ts'
import { limitsVectors } from './subjects/limits.ts'
import { pathsVectors } from './subjects/paths.ts'
import { requestVectorsOfAll } from './subjects/request.ts'
import { printedSignatures, rfcVectors } from './subjects/rfc.ts'
import { scopeVectors } from './subjects/scope.ts'
import { signatureVectors } from './subjects/signature.ts'
import { substitutionVectors } from './subjects/substitution.ts'

/** Every file of vectors, one line each. */
export const subjects = [
  signatureVectors,
  algorithmVectors,
  headerVectors,
  encodingVectors,
  claimsVectors,
  issuersVectors,
  scopeVectors,
  keysVectors,
  substitutionVectors,
  rfcVectors,
  authorizationVectors,
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
