/**
 * Checks who imports whom: the graph of the packages, the layers inside the server, and that no files import each other in a
 * circle. Test files may import what they like. The rules are in `checking/layer-rules.ts`.
 *
 *   node scripts/check-layers.ts [FOLDER]      FOLDER is the repository, by default this one
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findCycles } from './checking/cycles.ts'
import { type Import, importsOf } from './checking/imports.ts'
import {
  homes,
  ioModules,
  onlyImportedBy,
  packageGraph,
  portablePackages,
  pureFolders,
  serverLayers,
} from './checking/layer-rules.ts'

const ours = /^(?:@mintmark\/[^/]+|mintmark)(?=$|\/)/
const serverSource = 'packages/server/src/'
const sources = [
  'packages/*/src/**/*.ts',
  'examples/*/src/**/*.ts',
  'e2e/**/*.ts',
  'bench/src/**/*.ts',
  'scripts/**/*.ts',
]

/** What is wrong below `root`, one line each: `path:line: sentence`. Empty when every rule is kept. */
export const checkLayers = (root: string): string[] => {
  const files = globSync(sources, { cwd: root, exclude: (name) => /(^|\/)(node_modules|dist)$/.test(name) })
    .filter((file) => !/\.test\.ts$|^packages\/[^/]+\/test\//.test(file))
    .sort()
  const graph = new Map<string, string[]>()
  const problems: string[] = []
  for (const file of files) {
    const imports = importsOf(readFileSync(join(root, file), 'utf8'))
    graph.set(
      file,
      imports.filter(isRelative).map((one) => target(file, one)),
    )
    if (file.startsWith(serverSource) && layerOf(file) === undefined) {
      problems.push(`${file}:1: the folder has no layer in scripts/checking/layer-rules.ts`)
    }
    for (const one of imports) {
      const problem = packageProblem(file, one) ?? serverProblem(file, one)
      if (problem !== undefined) problems.push(`${file}:${one.line}: ${problem}`)
    }
  }
  for (const cycle of findCycles(graph))
    problems.push(`${cycle[0]}:1: imports itself in a circle: ${cycle.join(' → ')}`)
  return problems
}

const isRelative = ({ specifier }: Import) => specifier.startsWith('.')
const target = (file: string, { specifier }: Import) => normalize(join(dirname(file), specifier))

/** `packages/server/src/x.ts` belongs to `packages/server`, `e2e/guides/x.ts` to `e2e`. */
const packageOf = (file: string) => (/^(?:packages|examples)\/[^/]+/.exec(file) ?? /^[^/]+/.exec(file) ?? [''])[0]

/** A portable package keeps what only Node can do in one folder, which is a subpath of its own. */
const isForNode = (file: string) => /^packages\/[^/]+\/src\/node\//.test(file)

const packageProblem = (file: string, one: Import): string | undefined => {
  const from = packageOf(file)
  if (isRelative(one)) {
    const to = packageOf(target(file, one))
    // All of e2e is tests, scripts run them, and the benchmark starts what they start: what a package's tests share, they may too.
    if (['e2e', 'scripts', 'bench'].includes(from) && /^packages\/[^/]+\/test\//.test(target(file, one)))
      return undefined
    if (to !== from) return `reaches into ${to} by path; import the package by its name`
    const opens = portablePackages.includes(from) && isForNode(target(file, one)) && !isForNode(file)
    return opens ? `${from} runs outside Node as well; what is in src/node is for users who import it` : undefined
  }
  if (one.specifier.startsWith('node:') && portablePackages.includes(from) && !one.typeOnly && !isForNode(file)) {
    return `${from} runs outside Node as well and may not import ${one.specifier}`
  }
  const name = ours.exec(one.specifier)?.[0]
  if (name === undefined) return undefined
  const allowed = packageGraph[from] ?? packageGraph[from.split('/')[0] ?? '']
  if (allowed === undefined) return `${from} has no entry in the package graph of scripts/checking/layer-rules.ts`
  return allowed === '*' || allowed.includes(name) ? undefined : `${from} may not import ${name}`
}

/** The top folder below the server's `src`, or the file itself when it lies there. */
const folderOf = (file: string) => file.slice(serverSource.length).split('/')[0] ?? ''

const layerOf = (file: string) => {
  const layer = serverLayers.findIndex((names) => names.includes(folderOf(file)))
  return layer === -1 ? undefined : layer
}

const serverProblem = (file: string, one: Import): string | undefined => {
  if (!file.startsWith(serverSource)) return undefined
  const from = folderOf(file)
  if (!isRelative(one)) return moduleProblem(file, from, one.specifier)
  const to = folderOf(target(file, one))
  const [fromLayer, toLayer] = [layerOf(file), layerOf(target(file, one))]
  if (from === to || fromLayer === undefined || toLayer === undefined) return undefined
  const importers = onlyImportedBy[to]
  if (importers !== undefined && !importers.includes(from)) {
    return `only ${importers.join(', ')} may import ${to}; take the plain value as an argument`
  }
  if (toLayer < fromLayer) return undefined
  const where = toLayer === fromLayer ? 'beside' : 'above'
  return `${from} (L${fromLayer}) may not import ${to} (L${toLayer}), which is ${where} it`
}

const moduleProblem = (file: string, folder: string, specifier: string): string | undefined => {
  const owner = homes.find(({ module }) => module.test(specifier))
  if (owner !== undefined && !file.startsWith(`${serverSource}${owner.home}/`)) {
    return `${specifier} may be imported in ${owner.home}/ only`
  }
  if (
    pureFolders.includes(folder) &&
    ioModules.some((name) => specifier === name || specifier.startsWith(`${name}/`))
  ) {
    return `${folder} does no I/O and may not import ${specifier}`
  }
  return undefined
}

if (import.meta.main) {
  const problems = checkLayers(resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url))))
  for (const problem of problems) console.error(problem)
  if (problems.length === 0) console.log('layers and cycles: every rule is kept')
  process.exitCode = problems.length === 0 ? 0 : 1
}
