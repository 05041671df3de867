import { isAlias, isMap, isNode, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml'
import type { TableProblem } from './table-error.ts'

/** A YAML document of which every character means what it says. */
export type StrictYaml = {
  readonly value: unknown
  readonly problems: readonly TableProblem[]
  /** The line of what stands at a path; of the nearest thing around it where there is nothing. */
  readonly lineOf: (path: readonly (string | number)[]) => number
}

/** Largest table we read, in characters. */
const longest = 1_048_576

/** Reads YAML 1.2, and so JSON. Duplicate keys, anchors, aliases and tags are problems. */
export const readStrictYaml = (text: string): StrictYaml => {
  if (text.length > longest) return unreadable(`the file is larger than ${longest} characters`)
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    strict: true,
    uniqueKeys: true,
    stringKeys: true,
    // By `silent` a second document in the file would be no error.
    logLevel: 'error',
    prettyErrors: false,
    lineCounter: lines,
  })
  const lineAt = (offset: number | undefined): number => Math.max(1, lines.linePos(offset ?? 0).line)
  const problems: TableProblem[] = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    line: lineAt(pos[0]),
    sentence: (message.split('\n')[0] ?? '').replace(/[.:]$/, ''),
  }))
  visit(document, (_key, node) => {
    if (!isNode(node)) return
    const found = forbidden(node)
    if (found !== undefined) problems.push({ line: lineAt(node.range?.[0]), sentence: found })
  })
  const lineOf = (path: readonly (string | number)[]): number => {
    let here: unknown = document.contents
    let offset = isNode(here) ? here.range?.[0] : 0
    for (const step of path) {
      const pair = isMap(here) ? here.items.find(({ key }) => isScalar(key) && key.value === step) : undefined
      const next =
        pair?.value ??
        (isNode(here) && 'get' in here
          ? (here as { get: (key: unknown, keep: true) => unknown }).get(step, true)
          : undefined)
      if (pair === undefined && next === undefined) break
      offset = (isNode(pair?.key) ? pair.key.range?.[0] : isNode(next) ? next.range?.[0] : undefined) ?? offset
      here = next
    }
    return lineAt(offset)
  }
  return { value: problems.length > 0 ? undefined : document.toJS({ maxAliasCount: 0 }), problems, lineOf }
}

const forbidden = (node: Node): string | undefined => {
  if (isAlias(node) || ('anchor' in node && node.anchor !== undefined))
    return 'anchors and aliases (& and *) are not allowed'
  return node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:') ? 'tags (!) are not allowed' : undefined
}

const unreadable = (sentence: string): StrictYaml => ({
  value: undefined,
  problems: [{ line: 1, sentence }],
  lineOf: () => 1,
})
