import { PassThrough, Writable } from 'node:stream'
import type { Command } from '../src/command.ts'
import { type CliSurroundings, runCommands } from '../src/run.ts'

/** A stream that remembers what was written to it, and may pretend to be a terminal. */
export const recorder = (terminal = false, columns = 80) => {
  const pieces: string[] = []
  const stream = new Writable({
    write: (piece, _encoding, done) => {
      pieces.push(String(piece))
      done()
    },
  })
  return { stream: Object.assign(stream, { isTTY: terminal, columns }), text: () => pieces.join('') }
}

/** Input that holds a text, or, as a terminal, waits for keys. */
export const keyboard = (text?: string, terminal = false) => {
  const stream = Object.assign(new PassThrough(), { isTTY: terminal })
  if (text !== undefined) stream.end(text)
  return stream
}

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs one command line without a process. */
export const runLine = async (
  commands: readonly Command[],
  args: readonly string[],
  surroundings: Partial<CliSurroundings> & { readonly terminal?: boolean } = {},
): Promise<Ran> => {
  const [stdout, stderr] = [recorder(surroundings.terminal), recorder(surroundings.terminal)]
  const code = await runCommands(commands, args, {
    stdin: keyboard(''),
    stdout: stdout.stream,
    stderr: stderr.stream,
    environment: {},
    cwd: '/nonexistent',
    ...surroundings,
  })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}
