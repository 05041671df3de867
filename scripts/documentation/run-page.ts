import { delimiter } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { type BackgroundProgram, startInBackground } from './background-program.ts'
import { differenceOf } from './match-output.ts'
import { startDatabase } from './page-database.ts'
import type { Command, Page } from './parse-page.ts'
import { choosePorts, type Ports } from './ports.ts'
import { openShell, type ShellSession, type Surroundings } from './shell-session.ts'

const startSeconds = 30

/**
 * Runs the commands of a page in order in one shell, in `folder`, and returns what went wrong as `line: sentence`; empty when
 * everything is as the page says. Stops at the first command that fails, since those after it build on it.
 * @param place a number that no other page has that runs at the same time
 */
export const runPage = async (page: Page, folder: string, place: number): Promise<string[]> => {
  if (page.problems.length > 0) return [...page.problems]
  const ports = await choosePorts(place)
  const surroundings = { cwd: folder, env: environmentOf(folder, ports) }
  const shell = openShell(surroundings)
  const background: BackgroundProgram[] = []
  const problems: string[] = []
  let database: { readonly close: () => Promise<void> } | undefined
  try {
    if (page.postgres) database = await startDatabase(ports.at('postgres'))
    const problem =
      (page.server ? await startServer(surroundings, ports, background) : undefined) ??
      (await runCommands(page, { shell, surroundings, ports, background }))
    if (problem !== undefined) problems.push(problem)
  } finally {
    shell.close()
    for (const program of background.reverse()) {
      const problem = await program.stop()
      if (problem !== undefined) problems.push(`1: ${problem}`)
    }
    await database?.close()
  }
  return problems
}

const startServer = async (surroundings: Surroundings, ports: Ports, background: BackgroundProgram[]) => {
  const server = startInBackground('npm start', surroundings)
  background.push(server)
  const problem = await server.waitUntil(() => isReady(ports.at('admin')), startSeconds)
  return problem === undefined ? undefined : `1: npm start: ${problem}`
}

type Stage = {
  readonly shell: ShellSession
  readonly surroundings: Surroundings
  readonly ports: Ports
  readonly background: BackgroundProgram[]
}

const runCommands = async (
  page: Page,
  { shell, surroundings, ports, background }: Stage,
): Promise<string | undefined> => {
  for (const command of page.commands) {
    const text = ports.toRun(command.text)
    const at = `${command.line}: ${command.text}`
    if (command.background) {
      const program = startInBackground(text, surroundings)
      background.push(program)
      const problem = await waitForShownOutput(program, command, ports, page.timeoutSeconds)
      if (problem !== undefined) return `${at}\n${problem}`
      continue
    }
    const { status, output, timedOut } = await shell.run(text, page.timeoutSeconds)
    const printed = ports.toPage(stripVTControlCharacters(output))
    const problem = timedOut
      ? `took longer than ${page.timeoutSeconds} s; printed:\n${printed}`
      : judge(command, status, printed)
    if (problem !== undefined) return `${at}\n${problem}`
  }
  return undefined
}

const judge = (command: Command, status: number, printed: string): string | undefined => {
  if (status !== command.exit) return `exit code ${status} instead of ${command.exit}; printed:\n${printed}`
  return command.expected === undefined ? undefined : differenceOf(command.expected, printed)
}

const waitForShownOutput = async (
  program: BackgroundProgram,
  command: Command,
  ports: Ports,
  timeoutSeconds: number,
) => {
  const difference = () =>
    differenceOf(command.expected ?? [], ports.toPage(stripVTControlCharacters(program.output())), { prefix: true })
  const problem = await program.waitUntil(() => difference() === undefined, timeoutSeconds)
  return problem === undefined ? undefined : `${problem}\n${difference() ?? ''}`
}

const isReady = async (port: number) => {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok
  } catch {
    return false
  }
}

/** A reader's environment: nothing of the test run, no terminal, and servers on the ports of this run. */
const environmentOf = (folder: string, ports: Ports): Surroundings['env'] => ({
  PATH: (process.env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => !entry.includes('node_modules'))
    .join(delimiter),
  HOME: process.env.HOME ?? folder,
  LANG: 'C.UTF-8',
  NO_COLOR: '1',
  MINTMARK_URL: `http://localhost:${ports.at('public')}`,
  MINTMARK_PUBLIC_PORT: String(ports.at('public')),
  MINTMARK_ADMIN_PORT: String(ports.at('admin')),
  MINTMARK_WEATHER_PORT: String(ports.at('weather')),
})
