import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { exitCode } from '../exit-code.ts'
import { CommandFailure, usageFailure } from '../failure.ts'
import { canAsk, type Screen } from './terminal.ts'

export type Asking = {
  readonly stdin: Readable
  /** Questions go to stderr, so that stdout stays what was asked for. */
  readonly stderr: Writable
  readonly screen: Screen
  readonly interrupted: AbortSignal
}

/** Asks until the line is entered; undefined at the end of the input. */
const ask = ({ stdin, stderr, interrupted }: Asking, question: string): Promise<string | undefined> =>
  new Promise((resolve, reject) => {
    const lines = createInterface({ input: stdin, output: stderr, terminal: true })
    const interrupt = () => {
      reject(new CommandFailure(exitCode.interrupted, 'interrupted'))
      lines.close()
    }
    // In raw mode Ctrl-C is a key and no signal.
    lines.once('SIGINT', interrupt)
    interrupted.addEventListener('abort', interrupt, { once: true })
    lines.once('close', () => resolve(undefined))
    lines.question(question, (answer) => {
      resolve(answer)
      lines.close()
    })
  })

/**
 * Lets a person confirm what cannot be undone.
 * @throws CommandFailure usage when nobody can be asked and `--yes` was not given; failed when the answer is no
 */
export const confirm = async (asking: Asking, question: string, yes: boolean): Promise<void> => {
  if (yes) return
  if (!canAsk(asking.stdin, asking.screen)) {
    throw usageFailure(`${question} Nobody can be asked here`, 'say --yes to go on without being asked')
  }
  const answer = await ask(asking, `${asking.screen.paint('yellow', question)} [y/N] `)
  if (/^y(es)?$/i.test(answer?.trim() ?? '')) return
  throw new CommandFailure(exitCode.failed, 'not confirmed: nothing was changed')
}
