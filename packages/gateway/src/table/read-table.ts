import { checkRoutes } from '../routes/check-routes.ts'
import { PatternError, readPattern } from '../routes/path-pattern.ts'
import type { Route, TokenNeeded } from '../routes/route.ts'
import { headerProblem } from './header-rules.ts'
import type { RouteTable } from './route-table.ts'
import { type RouteDocument, type TableDocument, tableSchema } from './schema.ts'
import { schemaProblems } from './schema-problems.ts'
import { readStrictYaml } from './strict-yaml.ts'
import { TableError, type TableProblem } from './table-error.ts'

const defaultPrefix = 'X-Mintmark-'

/**
 * Reads a route table: YAML or JSON. Nothing is guessed; what is unknown, contradicts itself or can never be used is a
 * problem.
 * @param file names the table in errors
 * @throws TableError with every problem that was found
 */
export const readTable = (text: string, file: string): RouteTable => {
  const yaml = readStrictYaml(text)
  refuseIf(file, yaml.problems)
  refuseIf(file, schemaProblems(tableSchema, yaml))
  const document = yaml.value as TableDocument
  const headerPrefix = document.headerPrefix ?? defaultPrefix
  const problems: TableProblem[] = []
  const routes = document.routes.flatMap((route, index) => {
    const line = yaml.lineOf(['routes', index])
    try {
      const found = ruleProblems(route, document, headerPrefix)
      problems.push(...found.map((sentence) => ({ line, sentence })))
      return found.length > 0 ? [] : [readRoute(route, document, line)]
    } catch (error) {
      if (!(error instanceof PatternError)) throw error
      problems.push({ line: yaml.lineOf(['routes', index, 'path']), sentence: error.message })
      return []
    }
  })
  refuseIf(file, problems)
  refuseIf(file, checkRoutes(routes))
  const issuers = document.issuers.map((issuer, index) => ({ ...issuer, line: yaml.lineOf(['issuers', index]) }))
  return Object.freeze({ issuers, routes, headerPrefix, overrideHeaders: document.overrideHeaders ?? 'refuse' })
}

const refuseIf = (file: string, problems: readonly TableProblem[]): void => {
  if (problems.length > 0) throw new TableError(file, problems)
}

/** What a schema cannot say. */
const ruleProblems = (route: RouteDocument, document: TableDocument, headerPrefix: string): readonly string[] => {
  const problems: string[] = []
  const { path, scopes } = route
  if (route.public === true) {
    for (const name of ['audience', 'scopes', 'verification', 'swap'] as const) {
      if (route[name] !== undefined) problems.push(`the route ${path} is public, so it has no ${name}`)
    }
  } else {
    if (scopes === undefined) {
      problems.push(`the route ${path} needs scopes ([] when any good token will do), or public: true`)
    } else if (!Array.isArray(scopes) && Object.keys(scopes).length === 0) {
      problems.push(`the route ${path} has scopes that say neither all nor any`)
    } else if (!Array.isArray(scopes) && 'any' in scopes && scopes.any?.length === 0) {
      problems.push(`the route ${path} needs any of no scopes, which no token has`)
    }
    if ((route.audience ?? document.audience) === undefined) {
      problems.push(`the route ${path} needs an audience, of its own or for the whole table`)
    }
    if (document.issuers.length === 0) problems.push(`the route ${path} needs tokens, and the table has no issuer`)
  }
  for (const method of ['TRACE', 'CONNECT']) {
    if (route.methods?.includes(method))
      problems.push(`the route ${path} has the method ${method}, which is always refused`)
  }
  for (const name of Object.keys(route.headers ?? {})) {
    const problem = headerProblem(name, headerPrefix)
    if (problem !== undefined) problems.push(`the route ${path} cannot add the header ${name}: ${problem}`)
  }
  return problems
}

const readRoute = (route: RouteDocument, document: TableDocument, line: number): Route => {
  const { host, headers = {} } = route
  const methods = route.methods && new Set(route.methods)
  // Whatever answers GET answers HEAD (RFC 9110 §9.3.2), so it needs the same.
  if (methods?.has('GET')) methods.add('HEAD')
  return {
    name: `${route.methods?.join(',') ?? '*'} ${host ?? ''}${route.path}`,
    line,
    host,
    methods,
    pattern: readPattern(route.path),
    access: route.public === true ? 'public' : tokenNeeded(route, document),
    headers,
  }
}

const tokenNeeded = (route: RouteDocument, document: TableDocument): TokenNeeded => ({
  audience: route.audience ?? document.audience ?? '',
  requirement: route.scopes ?? [],
  verification: route.verification,
  swap: route.swap === 'jwt',
})
