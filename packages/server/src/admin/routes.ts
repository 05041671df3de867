import type { Handler } from './call.ts'

/** What a path leads to: a handler for each method, or nothing. */
export type FoundPath = {
  readonly parameters: Readonly<Record<string, string>>
  readonly handlers: ReadonlyMap<string, Handler>
}

type Template = { readonly segments: readonly string[]; readonly handlers: Map<string, Handler> }

const isParameter = (segment: string): boolean => segment.startsWith('{')

const literals = ({ segments }: Template): number => segments.filter((segment) => !isParameter(segment)).length

const decode = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

const match = ({ segments }: Template, path: readonly string[]): Record<string, string> | undefined => {
  if (segments.length !== path.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, segment] of segments.entries()) {
    const given = path[index] ?? ''
    if (!isParameter(segment)) {
      if (segment !== given) return undefined
      continue
    }
    const value = decode(given)
    if (value === undefined || value === '') return undefined
    parameters[segment.slice(1, -1)] = value
  }
  return parameters
}

/** Finds the path of a request among the contract's; a literal segment goes before a parameter. */
export const createRoutes = (handlers: readonly Handler[]): ((path: string) => FoundPath | undefined) => {
  const templates = new Map<string, Template>()
  for (const handler of handlers) {
    const { path, method } = handler.operation
    const template = templates.get(path) ?? { segments: path.split('/'), handlers: new Map() }
    template.handlers.set(method, handler)
    templates.set(path, template)
  }
  const ordered = [...templates.values()].sort((a, b) => literals(b) - literals(a))
  return (path) => {
    const segments = path.split('/')
    for (const template of ordered) {
      const parameters = match(template, segments)
      if (parameters !== undefined) return { parameters, handlers: template.handlers }
    }
    return undefined
  }
}
