import { isAlias, isMap, isNode, isScalar, parseAllDocuments, visit, type YAMLMap } from 'yaml'
import { badConfiguration } from '../failure.ts'

/** Nothing we read nests deeper. */
const deepest = 50

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

/** The first key of a map that it has already. */
const repeatedKey = ({ items }: YAMLMap): { readonly offset: number } | undefined => {
  const seen = new Set<unknown>()
  for (const { key } of items) {
    const value = isScalar(key) ? key.value : key
    if (seen.has(value)) return { offset: isNode(key) ? (key.range?.[0] ?? 0) : 0 }
    seen.add(value)
  }
  return undefined
}

/**
 * Reads YAML 1.2 (and so JSON) of which every character means what it says: duplicate keys, aliases and anchors (which
 * can make a small file expand without end), tags and anything ambiguous are refused.
 * @param name names the file in errors
 * @returns one value for each document of the file
 * @throws CommandFailure bad configuration, with file and line
 */
export const readStrictYaml = (text: string, name: string): readonly unknown[] => {
  const parsed = parseAllDocuments(text, {
    version: '1.2',
    schema: 'core',
    strict: true,
    // Looked for below: the parser compares each key with all before it.
    uniqueKeys: false,
    stringKeys: true,
    logLevel: 'silent',
    prettyErrors: false,
  })
  const documents = Array.isArray(parsed) ? parsed : []
  return documents.map((document) => {
    const [problem] = [...document.errors, ...document.warnings]
    if (problem !== undefined) {
      const [message = ''] = problem.message.split('\n')
      throw badConfiguration(`${name}, line ${lineOf(text, problem.pos[0])}: ${message}`)
    }
    visit(document, (_key, node, path) => {
      if (!isNode(node)) return
      // Only where it is needed: counting lines for each node would take the square of the file's length.
      const line = (): number => lineOf(text, node.range?.[0] ?? 0)
      if (isAlias(node) || ('anchor' in node && node.anchor !== undefined)) {
        throw badConfiguration(`${name}, line ${line()}: anchors and aliases (& and *) are not allowed`)
      }
      if (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:')) {
        throw badConfiguration(`${name}, line ${line()}: tags (!) are not allowed`)
      }
      const repeated = isMap(node) ? repeatedKey(node) : undefined
      if (repeated !== undefined) {
        throw badConfiguration(`${name}, line ${lineOf(text, repeated.offset)}: the keys of a map must be unique`)
      }
      if (path.length > deepest) throw badConfiguration(`${name}, line ${line()}: nested too deeply`)
    })
    return document.toJS({ maxAliasCount: 0 }) as unknown
  })
}
