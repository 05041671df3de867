/**
 * npm test: runs every test file of the repository on the pinned Node and ends with the line `N passed, N failed`.
 *
 *   npm test                              everything
 *   npm test -- tokens opaque             the files whose path contains one of the words
 *   npm test -- --only unit,spec          some groups: unit, spec, e2e, docs; on request only: chaos, foreign-gateways, postgres-versions, deployment, soak, foreign-languages, runtimes
 *   npm test -- --store postgres          what does not depend on the embedded database, on PostgreSQL
 *   npm test -- --timeout 300 --concurrency 1
 */
import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type FileResult, runTestFile } from './testing/run-test-file.ts'
import {
  dependsOnStore,
  findTestFiles,
  groupOf,
  groupsOnRequest,
  type TestGroup,
  testGroups,
} from './testing/test-groups.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const pinnedNode = join(root, 'node_modules/node/bin/node')
const oldestNode = [24, 15] as const

const everyDefaultGroup = testGroups.filter((group) => !groupsOnRequest.includes(group))

const usage = (problem: string): never => {
  console.error(
    `${problem}\nusage: npm test -- [--only ${testGroups.join(',')}] [--timeout SECONDS] [--concurrency N] [--store postgres] [PATH…]`,
  )
  process.exit(2)
}

const readArguments = () => {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        only: { type: 'string' },
        timeout: { type: 'string', default: '300' },
        concurrency: { type: 'string', default: '2' },
        store: { type: 'string', default: '' },
      },
    })
    const groups = values.only?.split(',') ?? (positionals.length > 0 ? testGroups : everyDefaultGroup)
    const unknown = groups.find((group) => !testGroups.includes(group as TestGroup))
    if (unknown !== undefined) return usage(`there is no test group "${unknown}"`)
    const [timeoutSeconds, concurrency] = [Number(values.timeout), Number(values.concurrency)]
    if (!(timeoutSeconds > 0)) return usage('--timeout takes a number of seconds above 0')
    if (!Number.isInteger(concurrency) || concurrency < 1) return usage('--concurrency takes a number from 1')
    if (values.store !== '' && values.store !== 'postgres') return usage('--store takes postgres')
    return {
      groups,
      timeoutSeconds,
      concurrency,
      store: values.store,
      words: positionals.map((word) => word.replace(/^\.\//, '')),
    }
  } catch (error) {
    return usage((error as Error).message)
  }
}

const isTooOld = () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])
}

/** Tests and the programs they start run from source, on the Node that runs us, whatever the caller's environment says. */
const testEnvironment = (): NodeJS.ProcessEnv => {
  const options = (process.env.NODE_OPTIONS ?? '').split(' ').filter(Boolean)
  const condition = '--conditions=mintmark-source'
  return {
    ...process.env,
    NODE_OPTIONS: [...options.filter((option) => option !== condition), condition].join(' '),
    PATH: [join(root, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter),
  }
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`
const indent = (text: string) => text.replace(/^(?=.)/gm, '    ')
const count = (all: readonly FileResult[], of: (one: FileResult) => number) =>
  all.reduce((sum, one) => sum + of(one), 0)

const reportFile = (file: string, result: FileResult) => {
  const parts = [`${result.passed} passed`]
  if (result.skipped.length > 0) parts.push(`${result.skipped.length} skipped`)
  if (result.failures.length > 0) parts.push(`${result.failures.length} failed`)
  console.log(`${result.failures.length > 0 ? '✖' : '✔'} ${file}  ${parts.join(', ')}  ${seconds(result.milliseconds)}`)
  for (const path of result.skipped) console.log(`    skipped: ${path}`)
  for (const { path } of result.failures) console.log(`    failed: ${path}`)
}

const reportFailures = (results: ReadonlyMap<string, FileResult>) => {
  for (const [file, { failures, output }] of results) {
    if (failures.length === 0) continue
    console.log(`\n✖ ${file}`)
    for (const { path, at, error } of failures) {
      console.log(`\n  ${path}${at === '' ? '' : `  (${at.replace(root, '')})`}\n${indent(error)}`)
    }
    if (output.trim() !== '') console.log(`\n  what it printed:\n${indent(output.trimEnd())}`)
  }
}

const main = async () => {
  if (isTooOld()) {
    process.exit(spawnSync(pinnedNode, process.argv.slice(1), { stdio: 'inherit' }).status ?? 1)
  }
  const { groups, timeoutSeconds, concurrency, store, words } = readArguments()
  const begin = performance.now()
  const files = findTestFiles(root)
    .filter((file) => groups.includes(groupOf(file)))
    .filter((file) => store === '' || dependsOnStore(file))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  process.chdir(root)
  const env = { ...testEnvironment(), ...(store === '' ? {} : { MINTMARK_TEST_STORE: store }) }
  const waiting = [...files]
  const results = new Map<string, FileResult>()
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = await runTestFile(file, { timeoutSeconds, env })
      results.set(file, result)
      reportFile(file, result)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))

  const all = [...results.values()]
  const [passed, failed] = [count(all, (one) => one.passed), count(all, (one) => one.failures.length)]
  reportFailures(results)
  if (passed + failed === 0) console.log('no test was run')
  const left = groups === everyDefaultGroup ? groupsOnRequest : []
  if (left.length > 0) console.log(`\nnot run, on request only: npm test -- --only ${left.join(',')}`)
  const skipped = count(all, (one) => one.skipped.length)
  console.log(`\ntest files ${files.length}, skipped tests ${skipped}, time ${seconds(performance.now() - begin)}`)
  console.log(`${passed} passed, ${failed} failed`)
  process.exit(failed === 0 && passed > 0 ? 0 : 1)
}

await main()
