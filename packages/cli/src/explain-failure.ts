import { TokenError } from '@mintmark/client'
import { AdminError } from '@mintmark/client/admin'
import { type ExitCode, exitCode } from './exit-code.ts'
import { CommandFailure } from './failure.ts'

const codeOfTokenError = (error: TokenError): ExitCode => {
  if (error.code === 'invalid_configuration' || error.code === 'insecure_url') return exitCode.usage
  if (error.code === 'refused') return exitCode.denied
  return exitCode.failed
}

const hintOfTokenError = (error: TokenError): string | undefined => {
  if (error.reference !== undefined) return `mintmark explain ${error.reference} shows why`
  if (error.code === 'unreachable' && /CERT|SELF_SIGNED|ISSUER/.test(error.message)) {
    return 'its certificate is not trusted: name it with --ca-file or MINTMARK_CA_FILE, and check the host name'
  }
  if (error.status === 413) return 'what was sent is larger than the server takes (limits.adminBody)'
  if (error.code === 'unreachable' || error.code === 'timeout') {
    return 'is the server running there? "mintmark serve" or "mintmark dev" starts one'
  }
  return undefined
}

const codeOfStatus = (status: number): ExitCode => {
  if (status === 404) return exitCode.notFound
  return status === 401 || status === 403 ? exitCode.denied : exitCode.failed
}

/** What broke a rule and what it conflicts with, one a line, unless the sentence above says it all. */
const detailsOf = ({ message: sentence, problem: { errors = [], conflicts = [] } }: AdminError): readonly string[] => {
  const said = (text: string) => sentence.toLowerCase().startsWith(text.toLowerCase())
  const details = [
    ...errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)),
    ...conflicts.filter((conflict) => !said(conflict)),
  ]
  const [only = '', ...others] = [...errors.map(({ message }) => message), ...conflicts]
  return others.length === 0 && sentence.toLowerCase().includes(only.toLowerCase()) ? [] : details
}

const hintOfAdminError = (error: AdminError): string | undefined => {
  if (error.code === 'stale') return 'look at it as it is now, and try again'
  if (error.code === 'conflict' || error.status === 400 || error.status === 404) return undefined
  return error.reference === undefined ? undefined : `mintmark explain ${error.reference} shows why`
}

/** Whatever was thrown, as the failure to print. What nobody foresaw is printed with its message and exit code 1. */
export const explainFailure = (error: unknown): CommandFailure => {
  if (error instanceof CommandFailure) return error
  if (error instanceof TokenError) {
    const { reference } = error
    return new CommandFailure(codeOfTokenError(error), error.message, { reference, hint: hintOfTokenError(error) })
  }
  if (error instanceof AdminError) {
    return new CommandFailure(codeOfStatus(error.status), error.message, {
      reference: error.reference,
      details: detailsOf(error),
      hint: hintOfAdminError(error),
    })
  }
  const message = error instanceof Error ? error.message : String(error)
  return new CommandFailure(exitCode.failed, message, { cause: error })
}
