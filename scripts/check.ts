/** npm run check: everything about the code that can be told without running it. One line a check; failures in full below. */
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { checkExports } from './checking/check-exports.ts'
import { checkWords } from './checking/check-words.ts'
import { type Outcome, runCommand } from './checking/run-command.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = (program: string, ...args: string[]) => runCommand(root, program, args)
/** Our own checks run as programs too: they import the project's code, which must not be loaded into this process stale. */
const script = (name: string) => run(process.execPath, '--conditions=mintmark-source', `scripts/${name}`)

type Check = { readonly name: string; readonly run: () => Promise<Outcome> }

const types: Check = { name: 'types', run: () => run('tsc', '-b') }
const independent: readonly Check[] = [
  { name: 'format and lint', run: () => run('biome', 'check', '--error-on-warnings', '.') },
  { name: 'layers and cycles', run: () => script('check-layers.ts') },
  { name: 'unused code', run: () => run('knip', '--no-progress', '--no-config-hints') },
  { name: 'generated files', run: () => script('check-generated.ts') },
  { name: 'forbidden words', run: () => checkWords(root) },
]
const exported: Check = { name: 'exports', run: () => checkExports(root) }

const failed: { name: string; detail: string }[] = []
const perform = async ({ name, run }: Check): Promise<boolean> => {
  const begin = performance.now()
  const { ok, detail } = await run().catch((error: Error) => ({ ok: false, detail: error.stack ?? error.message }))
  console.log(`${ok ? '✔' : '✖'} ${name}  ${((performance.now() - begin) / 1000).toFixed(1)} s`)
  if (!ok) failed.push({ name, detail })
  return ok
}

const onTwoCores = async (checks: readonly Check[]) => {
  const waiting = [...checks]
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await perform(next)
  }
  await Promise.all([worker(), worker()])
}

// What is published can be looked at only when it was built.
const built = async () =>
  (await perform(types)) ? perform(exported) : console.log('- exports  not looked at: the types fail')
await Promise.all([built(), onTwoCores(independent)])

for (const { name, detail } of failed) console.log(`\n✖ ${name}\n${detail.trimEnd().replace(/^(?=.)/gm, '    ')}`)
console.log(
  failed.length === 0
    ? '\nevery check passed'
    : `\n${failed.length} failed: ${failed.map(({ name }) => name).join(', ')}`,
)
process.exitCode = failed.length === 0 ? 0 : 1
