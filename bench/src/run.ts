import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clientsMillionPart } from './database/clients-million-part.ts'
import { revocationsPart } from './database/revocations-part.ts'
import { gatewayPart } from './gateway/gateway-part.ts'
import { readCircumstances } from './machine.ts'
import { type Part, readOptions, usage } from './options.ts'
import { overloadPart } from './overload/overload-part.ts'
import { comparePart, millionPart, scalePart } from './parts.ts'
import { progressLine } from './progress.ts'
import { sdkPart } from './sdk/sdk-part.ts'
import { renderVerdicts } from './targets.ts'

const partsByName = {
  compare: comparePart,
  scale: scalePart,
  'clients-million': clientsMillionPart,
  revocations: revocationsPart,
  million: millionPart,
  sdk: sdkPart,
  gateway: gatewayPart,
  overload: overloadPart,
} as const satisfies Record<Part, unknown>
const progress = progressLine(process.stderr)

const main = async (): Promise<number> => {
  let options: ReturnType<typeof readOptions>
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`bench: ${(error as Error).message}\n\n${usage}`)
    return 2
  }
  if (options === 'help') {
    console.log(usage)
    return 0
  }
  const now = new Date()
  const circumstances = readCircumstances(now)
  const { cpu, cores, node, commit, modified } = circumstances
  console.log(`${cpu}, ${cores} cores, Node ${node}, commit ${commit}${modified ? ' with changes' : ''}`)

  const results: Record<string, object> = {}
  for (const part of options.parts) {
    const { figures, text, verdicts } = await partsByName[part](options, progress.show)
    progress.clear()
    console.log(`\n${text}`)
    if (verdicts.length > 0) console.log(`\n${renderVerdicts(verdicts)}`)
    results[part] = { ...figures, verdicts }
  }

  const folder = fileURLToPath(new URL('../results/', import.meta.url))
  const file = resolve(options.json ?? `${folder}${now.toISOString().slice(0, 19).replaceAll(':', '')}Z.json`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify({ circumstances, options, ...results }, null, 2)}\n`)
  console.log(`\nwritten to ${file}`)
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  progress.clear()
  console.error(`bench: ${(error as Error).message}`)
  process.exitCode = 1
}
