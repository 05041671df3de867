import { type Terminal, UsageError } from './command.ts'

/** Flags of commands that answer people and programs. */
export const answerFlags = { json: { type: 'boolean' }, output: { type: 'string' } } as const

export const answerFlagsHelp = '  --json                   answer as JSON (also --output json)'

type AnswerFlags = { readonly json?: string | boolean; readonly output?: string | boolean }

/** Whether the answer is for a program. */
export const wantsJson = ({ json, output }: AnswerFlags): boolean => {
  if (output !== undefined && output !== 'json' && output !== 'table') {
    throw new UsageError(`--output is table or json, not ${output}`)
  }
  return json === true || output === 'json'
}

/** Writes an answer as lines for a person or as JSON for a program. */
export const answer = (terminal: Terminal, flags: AnswerFlags, lines: readonly string[], value: object): void => {
  terminal.out(wantsJson(flags) ? `${JSON.stringify(value, null, 2)}\n` : lines.map((line) => `${line}\n`).join(''))
}

/** A size as people read it. */
export const sizeText = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`
