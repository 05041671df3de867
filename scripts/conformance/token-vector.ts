import {
  accessClaims,
  allowed,
  bearerRequest,
  insufficientScope,
  invalidRequest,
  invalidToken,
  makeToken,
  type Recipe,
  tokenOf,
} from './recipe.ts'
import { routes } from './settings.ts'
import type { Expectation, Requirement, Vector } from './vector.ts'

/** Vectors that the token alone decides, each sent as `Authorization: Bearer` and the token. */
export interface TokenVectors {
  accepted(id: string, title: string, source: string, recipe?: Recipe): Vector
  /** 401 `invalid_token`, whatever is wrong with it. */
  refused(id: string, title: string, source: string, recipe?: Recipe): Vector
  /** 400 `invalid_request`: something that cannot stand in the header (RFC 6750 §2.1). */
  malformed(id: string, title: string, source: string, recipe?: Recipe): Vector
  /** A good token, and 403 `insufficient_scope`. */
  tooLittle(id: string, title: string, source: string, recipe?: Recipe): Vector
}

/** @param prefix what the ids of a subject begin with */
export function tokenVectors(prefix: string): TokenVectors {
  const make =
    (expect: (settings: string, requirement: Requirement, recipe: Recipe, id: string) => Expectation) =>
    (name: string, title: string, source: string, recipe: Recipe = {}): Vector => {
      const id = `${prefix}-${name}`.replaceAll('_', '-')
      const { settings = 'one-issuer', path = '/read' } = recipe
      const requirement = requirementOf(path)
      const request = bearerRequest(makeToken(id, recipe), path)
      return {
        id,
        title,
        source,
        level: 'token',
        settings,
        requirement,
        request,
        expect: expect(settings, requirement, recipe, id),
        ...(recipe.latitude === undefined ? {} : { latitude: recipe.latitude }),
      }
    }
  return {
    accepted: make((_, __, recipe, id) => allowed(tokenOf(finalClaims(id, recipe)))),
    refused: make((settings) => invalidToken(settings)),
    malformed: make((settings) => invalidRequest(settings)),
    tooLittle: make((settings, requirement) => insufficientScope(settings, requirement)),
  }
}

/** The claims a reader sees: the last of a name that is there twice (RFC 7519 §4). */
const finalClaims = (id: string, { claims, claimsText }: Recipe): Readonly<Record<string, unknown>> => {
  const usual = JSON.stringify({ ...accessClaims(id), ...claims })
  return JSON.parse(typeof claimsText === 'function' ? claimsText(usual) : (claimsText ?? usual))
}

export function requirementOf(path: string): Requirement {
  const found = routes[path]
  if (found === undefined) throw new Error(`There is no route ${path}`)
  return found
}
