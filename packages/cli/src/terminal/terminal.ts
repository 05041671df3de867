import type { Readable, Writable } from 'node:stream'
import { styleText } from 'node:util'

/** The environment variables a command sees. */
export type Environment = Readonly<Record<string, string | undefined>>

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** One output: where to write, and whether a person reads it. */
export type Screen = {
  readonly write: (text: string) => void
  readonly isTerminal: boolean
  /** Columns; undefined when nobody looks, and lines may be as long as they are. */
  readonly width: number | undefined
  /** Paints a text, or returns it as it is where colours are not wanted. */
  readonly paint: (style: Style, text: string) => string
}

const isTerminal = (stream: unknown): boolean => (stream as { readonly isTTY?: boolean }).isTTY === true

/** A screen over a stream. No colours when it is not a terminal, when NO_COLOR is set or when TERM is `dumb`. */
export const createScreen = (stream: Writable, environment: Environment): Screen => {
  const terminal = isTerminal(stream)
  const coloured = terminal && (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb'
  const columns = (stream as { readonly columns?: number }).columns
  return {
    write: (text) => {
      stream.write(text)
    },
    isTerminal: terminal,
    width: terminal ? (columns ?? 80) : undefined,
    paint: (style, text) => (coloured && text !== '' ? styleText(style, text, { validateStream: false }) : text),
  }
}

/** Whether somebody can be asked: input and the screen for questions are both a terminal. */
export const canAsk = (stdin: Readable, screen: Screen): boolean => isTerminal(stdin) && screen.isTerminal
