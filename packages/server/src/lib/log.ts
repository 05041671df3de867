import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino'
import { printable } from './printable.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** What a line says beside its message: flat, and never a header, a body, a secret or a token. */
export type LogDetails = Readonly<Record<string, string | number | boolean | undefined>>

type Write = (message: string, details?: LogDetails) => void

/** The log of the process: one JSON object a line. Writing never waits. */
export type Log = {
  /** Whether debug lines are written, for callers that would compute them in vain. */
  readonly debugging: boolean
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
  /** Writes what is still in memory, synchronously: before the process ends. */
  readonly flush: () => void
}

/** Where lines go. */
type Output = { readonly write: (line: string) => void; readonly flushSync?: () => void }

const quiet: Write = () => {}

/** A log that nobody reads. */
export const silentLog: Log = {
  debugging: false,
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
  flush: () => {},
}

const maximumDetail = 500
/** Lines that nobody takes (a full pipe) are kept up to this many bytes, then dropped: a log never stops the server. */
const maximumBuffer = 8_388_608

/** Standard error, written asynchronously; what cannot be written is lost, never thrown. */
const standardError = (): Output => {
  const stream = destination({ dest: 2, sync: false, maxLength: maximumBuffer })
  stream.on('error', () => {})
  return stream
}

/** A line for people at a terminal: time, level, message and details, without quotes. */
export const shortLine = (line: string): string => {
  const { time, level, message, ...details } = JSON.parse(line) as Record<string, unknown>
  const clock = String(time).slice(11, 19)
  const rest = Object.entries(details).map(([name, value]) => `${name}=${String(value)}`)
  return `${[clock, String(level).padEnd(5), message, ...rest].join(' ')}\n`
}

const safe = (details: LogDetails): Record<string, unknown> => {
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(details)) {
    if (value !== undefined) result[name] = typeof value === 'string' ? printable(value, maximumDetail) : value
  }
  return result
}

/**
 * Makes the log.
 * @param form `short` for people at a terminal; `json` for everything else
 * @param output standard error by default
 */
export const createLog = ({
  level,
  form = 'json',
  output = standardError(),
}: {
  readonly level: LogLevel
  readonly form?: 'json' | 'short'
  readonly output?: Output
}): Log => {
  const stream: DestinationStream =
    form === 'json' ? output : { write: (line: string) => output.write(shortLine(line)) }
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
  const at =
    (name: Exclude<LogLevel, 'silent' | 'trace'>): Write =>
    (message, details = {}) =>
      logger[name](safe(details), message)
  return {
    debugging: logger.isLevelEnabled('debug'),
    debug: logger.isLevelEnabled('debug') ? at('debug') : quiet,
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    flush: () => {
      try {
        output.flushSync?.()
      } catch {
        // The reader of the log is gone; there is nobody to tell.
      }
    },
  }
}

/** An error as a line tells it: its type and message, without a stack and without what it carries. */
export const failure = (error: unknown): LogDetails =>
  error instanceof Error ? { errorType: error.name, errorMessage: error.message } : { errorType: typeof error }
