import type { Readable, Writable } from 'node:stream'
import type { Catalogue, Command, ForeignCommand } from './command.ts'
import { type ExitCode, exitCode } from './exit-code.ts'
import { explainFailure } from './explain-failure.ts'
import { commandHelp, groupHelp, overallHelp } from './help.ts'
import { createOutput } from './output.ts'
import { commandsBelow, findCommand, parseArguments, unknownCommand } from './parse.ts'
import { confirm } from './terminal/confirm.ts'
import { createProgress } from './terminal/progress.ts'
import { safeText } from './terminal/safe-text.ts'
import { createScreen, type Environment, type Screen } from './terminal/terminal.ts'

/** What `mintmark` runs in: handed in, so that a test can be the terminal. */
export type CliSurroundings = {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly environment: Environment
  /** Default: the directory of the process. */
  readonly cwd?: string
  /** Aborted when the person presses Ctrl-C. Default: never. */
  readonly interrupted?: AbortSignal
  /** Epoch milliseconds. Default: the system's clock. */
  readonly now?: () => number
  /** What `mintmark --version` prints. Default: unknown. */
  readonly version?: string
  /** Commands carried out by somebody else, for help and completion. Default: none. */
  readonly foreign?: readonly ForeignCommand[]
}

/** What people type to see a version; `mintmark version` does the same. */
const versionFlags: readonly string[] = ['--version', '-v', '-V']

/**
 * Runs one command line. Never throws and never ends the process.
 * @param args what follows `mintmark`
 * @param commands the list to choose from
 */
export const runCommands = async (
  commands: readonly Command[],
  args: readonly string[],
  surroundings: CliSurroundings,
): Promise<ExitCode> => {
  const { stdout, stderr, environment, foreign = [] } = surroundings
  const [screen, errors] = [createScreen(stdout, environment), createScreen(stderr, environment)]
  const catalogue: Catalogue = { commands, foreign }
  const { version = 'unknown' } = surroundings
  try {
    if (versionFlags.includes(args[0] ?? '')) {
      screen.write(`${version}\n`)
      return exitCode.done
    }
    const found = findCommand(args, catalogue)
    if (found === undefined) return withoutCommand(args, catalogue, screen)
    const { options, operands, format, help } = parseArguments(found.command, found.rest, catalogue)
    if (help) {
      screen.write(commandHelp(found.command, catalogue, screen))
      return exitCode.done
    }
    const { stdin, cwd = process.cwd(), now = Date.now, interrupted = new AbortController().signal } = surroundings
    const work = found.command.run({
      options: options as never,
      operands: operands as never,
      environment,
      cwd,
      stdin,
      output: createOutput(format, screen, errors),
      now,
      interrupted,
      progress: (label) => createProgress(errors, label, now),
      confirm: (question, yes) => confirm({ stdin, stderr, screen: errors, interrupted }, question, yes),
      catalogue,
      version,
    })
    return (await untilInterrupted(work, interrupted)) ?? exitCode.done
  } catch (error) {
    if (surroundings.interrupted?.aborted === true) {
      errors.write('\nmintmark: interrupted\n')
      return exitCode.interrupted
    }
    const failure = explainFailure(error)
    writeFailure(failure, errors)
    return failure.exitCode
  }
}

const withoutCommand = (args: readonly string[], catalogue: Catalogue, screen: Screen): ExitCode => {
  const words = args.filter((word) => !word.startsWith('-'))
  const asksForHelp = args.includes('--help') || args.includes('-h')
  if (words.length === 0 && (args.length === 0 || asksForHelp)) {
    screen.write(overallHelp(catalogue, screen))
    return exitCode.done
  }
  if (asksForHelp && commandsBelow(words, catalogue).length > 0) {
    screen.write(groupHelp(words, catalogue, screen))
    return exitCode.done
  }
  throw unknownCommand(args, catalogue)
}

/** What a command is doing when Ctrl-C comes may never end: it is left, not waited for. */
const untilInterrupted = async <T>(work: Promise<T>, interrupted: AbortSignal): Promise<T> => {
  const interruption = Promise.withResolvers<never>()
  const interrupt = () => interruption.reject(new Error('interrupted'))
  if (interrupted.aborted) interrupt()
  interrupted.addEventListener('abort', interrupt, { once: true })
  try {
    return await Promise.race([work, interruption.promise])
  } finally {
    interrupted.removeEventListener('abort', interrupt)
    work.catch(() => undefined)
  }
}

const writeFailure = (failure: ReturnType<typeof explainFailure>, { write, paint }: Screen): void => {
  const reference = failure.reference === undefined ? '' : ` (reference ${failure.reference})`
  write(`${paint('red', 'mintmark:')} ${safeText(failure.message)}${safeText(reference)}\n`)
  for (const detail of failure.details) write(`  ${safeText(detail)}\n`)
  if (failure.hint !== undefined) write(`  ${paint('dim', safeText(failure.hint))}\n`)
}
