import { type ExitCode, exitCode } from './exit-code.ts'

export type FailureOptions = {
  /** What it consists of, a line each. */
  readonly details?: readonly string[] | undefined
  /** What to do about it, one line. */
  readonly hint?: string | undefined
  /** The reference of the server's refusal, for `mintmark explain`. */
  readonly reference?: string | undefined
  readonly cause?: unknown
}

/** Why a command did not do what it was asked: printed as one line on stderr, with the hint below it. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode
  readonly details: readonly string[]
  readonly hint: string | undefined
  readonly reference: string | undefined

  constructor(code: ExitCode, message: string, { details = [], hint, reference, cause }: FailureOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CommandFailure'
    this.exitCode = code
    this.details = details
    this.hint = hint
    this.reference = reference
  }
}

export const usageFailure = (message: string, hint?: string): CommandFailure =>
  new CommandFailure(exitCode.usage, message, { hint })

export const badConfiguration = (message: string, hint?: string): CommandFailure =>
  new CommandFailure(exitCode.badConfiguration, message, { hint })

export const failed = (message: string, hint?: string): CommandFailure =>
  new CommandFailure(exitCode.failed, message, { hint })
