import { ConfigError } from '../config/load.ts'
import { TlsError } from '../http/tls.ts'
import { MasterKeyError } from '../keys/master-key.ts'
import { StoreAddressError, StoreOpenError, StoreUnavailableError } from '../store/store.ts'
import { exitCodes, UsageError } from './command.ts'

type SystemError = Error & { readonly code?: string; readonly port?: number; readonly address?: string }

const listening = (error: SystemError): string | undefined => {
  const where = `${error.address ?? ''}:${error.port ?? ''}`
  if (error.code === 'EADDRINUSE') {
    return `${where} is in use: stop what listens there, or choose another port (--public-port, --admin-port, with dev also --weather-port; of a gateway or proxy --listen, --operations)`
  }
  if (error.code === 'EACCES' && error.port !== undefined) {
    return `${where} may not be used by this user: choose a port above 1023`
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return `${where} is not an address of this machine: check public.host and admin.host`
  }
  return undefined
}

/** What stopped a command: lines for a person, and the exit code. What we did not foresee keeps its stack. */
export const explainFailure = (error: unknown): { readonly lines: readonly string[]; readonly exitCode: number } => {
  if (error instanceof UsageError) return { lines: [error.message], exitCode: exitCodes.usage }
  if (error instanceof ConfigError) return { lines: error.problems, exitCode: exitCodes.configuration }
  if (error instanceof MasterKeyError) return { lines: [error.message], exitCode: exitCodes.configuration }
  if (error instanceof TlsError) return { lines: [error.message], exitCode: exitCodes.configuration }
  if (error instanceof StoreAddressError) return { lines: [error.message], exitCode: exitCodes.configuration }
  if (error instanceof StoreOpenError || error instanceof StoreUnavailableError)
    return { lines: [error.message], exitCode: exitCodes.failed }
  if (error instanceof Error) {
    const known = listening(error)
    return { lines: [known ?? error.stack ?? error.message], exitCode: exitCodes.failed }
  }
  return { lines: [String(error)], exitCode: exitCodes.failed }
}
