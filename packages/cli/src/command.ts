import type { Readable } from 'node:stream'
import type { ExitCode } from './exit-code.ts'
import type { Output } from './output.ts'
import type { Progress } from './terminal/progress.ts'
import type { Environment } from './terminal/terminal.ts'

type OptionCommon = {
  readonly summary: string
  /** One letter, without the dash. */
  readonly short?: string
}

/** A flag of a command. */
export type OptionSpec =
  | (OptionCommon & { readonly type: 'switch' })
  | (OptionCommon & {
      readonly type: 'text'
      /** What stands for the value in help: `SECONDS`, `FILE`. */
      readonly value: string
      readonly choices?: readonly string[]
      /** May be given several times. */
      readonly many?: true
    })

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

/** A word of a command that is no flag. */
export type OperandSpec = { readonly summary: string; readonly optional?: true; readonly many?: true }
export type OperandSpecs = Readonly<Record<string, OperandSpec>>

type OptionValue<S extends OptionSpec> = S extends { type: 'switch' }
  ? boolean
  : S extends { many: true }
    ? readonly string[]
    : string | undefined

export type OptionValues<O extends OptionSpecs> = { readonly [Name in keyof O]: OptionValue<O[Name]> }

export type OperandValues<A extends OperandSpecs> = {
  readonly [Name in keyof A]: A[Name] extends { many: true }
    ? readonly string[]
    : A[Name] extends { optional: true }
      ? string | undefined
      : string
}

/** What a command is given, besides its own options and operands. */
export type Surroundings = {
  readonly environment: Environment
  /** The directory relative paths start from. */
  readonly cwd: string
  readonly stdin: Readable
  readonly output: Output
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal
  readonly progress: (label: string) => Progress
  /** Asks on a terminal, unless `yes`; elsewhere `yes` is required. */
  readonly confirm: (question: string, yes: boolean) => Promise<void>
  readonly catalogue: Catalogue
  /** Of this program. */
  readonly version: string
}

export type Invocation<O extends OptionSpecs, A extends OperandSpecs> = Surroundings & {
  readonly options: OptionValues<O>
  readonly operands: OperandValues<A>
}

export type Example = { readonly line: string; readonly says: string }

/** One command: parsing, help, completion and the reference page all come from this. */
export type Command<O extends OptionSpecs = OptionSpecs, A extends OperandSpecs = OperandSpecs> = {
  /** `client create`. */
  readonly name: string
  /** A sentence without a full stop. */
  readonly summary: string
  /** More, where it is needed. */
  readonly details?: string
  readonly operands: A
  readonly options: O
  readonly examples: readonly Example[]
  /** @returns the exit code, where it is not 0. @throws CommandFailure */
  // A method, so that a command with particular options is still a command.
  run(invocation: Invocation<O, A>): Promise<ExitCode | undefined>
}

/** Keeps the types of a command's options and operands. */
export const defineCommand = <const O extends OptionSpecs, const A extends OperandSpecs>(
  command: Command<O, A>,
): Command => command as unknown as Command

/** A command that is carried out elsewhere (those of the server), known here for help and completion. */
export type ForeignCommand = { readonly name: string; readonly summary: string }

/** Everything `mintmark` can do. */
export type Catalogue = { readonly commands: readonly Command[]; readonly foreign: readonly ForeignCommand[] }
