/** One import of a file: what it names, where, and whether it vanishes when the types are stripped. */
export type Import = { readonly specifier: string; readonly line: number; readonly typeOnly: boolean }

const clause = String.raw`(?:[\w$]+\s*,?\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?)?`
const statement = new RegExp(
  String.raw`^(?:import|export)\s+(type\s+)?(?:${clause}\s*from\s*)?(['"])([^'"\n]+)\2`,
  'gm',
)
const call = /\b(?:import|require)\s*\(\s*(['"])([^'"\n]+)\1/g

/**
 * The imports of a TypeScript file: `import … from`, `export … from`, bare `import '…'`, and `import('…')` with a literal.
 *
 * Reads text, not syntax, and relies on what the formatter guarantees: statements begin in the first column, comments and
 * nested code do not hold an import clause there. A call is ignored in a comment line.
 */
export const importsOf = (source: string): Import[] => {
  const statements = [...source.matchAll(statement)].map((match) => ({
    specifier: match[3] ?? '',
    line: lineAt(source, match.index),
    typeOnly: match[1] !== undefined,
  }))
  const calls = [...source.matchAll(call)]
    .filter(({ index }) => !/^\s*(?:\/\/|\/?\*)/.test(source.slice(source.lastIndexOf('\n', index) + 1, index + 1)))
    .map((match) => ({ specifier: match[2] ?? '', line: lineAt(source, match.index), typeOnly: false }))
  return [...statements, ...calls].sort((a, b) => a.line - b.line)
}

const lineAt = (source: string, index: number) => source.slice(0, index).split('\n').length
