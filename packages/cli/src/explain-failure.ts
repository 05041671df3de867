import { TokenError } from '@mintmark/client'
import { type ExitCode, exitCode } from './exit-code.ts'
import { CommandFailure } from './failure.ts'

const codeOfTokenError = (error: TokenError): ExitCode => {
  if (error.code === 'invalid_configuration' || error.code === 'insecure_url') return exitCode.usage
  if (error.code === 'refused') return exitCode.denied
  return exitCode.failed
}

const hintOfTokenError = (error: TokenError): string | undefined => {
  if (error.reference !== undefined) return `mintmark explain ${error.reference} shows why`
  if (error.code === 'unreachable') return 'is the server running? "mintmark serve" or "mintmark dev" starts one'
  return undefined
}

/** Whatever was thrown, as the failure to print. What nobody foresaw is printed with its message and exit code 1. */
export const explainFailure = (error: unknown): CommandFailure => {
  if (error instanceof CommandFailure) return error
  if (error instanceof TokenError) {
    const { reference } = error
    return new CommandFailure(codeOfTokenError(error), error.message, { reference, hint: hintOfTokenError(error) })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new CommandFailure(exitCode.failed, message, { cause: error })
}
