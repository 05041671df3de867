/** What a command may touch of the outside world. */
export type Terminal = {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly environment: NodeJS.ProcessEnv
  /** Whether a person reads what is written. */
  readonly interactive: boolean
}

/** Exit codes of every command (design §4). */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  denied: 4,
  configuration: 78,
  interrupted: 130,
} as const

/** A command that runs on the server's own machine. */
export type ServerCommand = {
  /** As typed after `mintmark`, such as `serve` or `config check`. */
  readonly name: string
  readonly summary: string
  /** Lines under the usage line: arguments, flags, examples. */
  readonly help: string
  /** @returns the exit code */
  readonly run: (args: readonly string[], terminal: Terminal) => Promise<number>
}

/** The command line is wrong: exit code 2, the message and a hint. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
