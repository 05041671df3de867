import { createInterface } from 'node:readline'
import { type Readable, Writable } from 'node:stream'
import { exitCode } from '../exit-code.ts'
import { CommandFailure } from '../failure.ts'

/**
 * Reads one line from a terminal without showing it.
 * @throws CommandFailure interrupted
 */
export const askHidden = (stdin: Readable, interrupted: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    const nowhere = new Writable({ write: (_piece, _encoding, done) => done() })
    const lines = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 })
    const interrupt = () => {
      reject(new CommandFailure(exitCode.interrupted, 'interrupted'))
      lines.close()
    }
    lines.once('SIGINT', interrupt)
    interrupted.addEventListener('abort', interrupt, { once: true })
    lines.once('close', () => resolve(''))
    lines.question('', (answer) => {
      resolve(answer)
      lines.close()
    })
  })
