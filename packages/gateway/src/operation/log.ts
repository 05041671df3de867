import { createWriteStream, type WriteStream } from 'node:fs'

/** What a line says beside its message: never a header, a body, a secret or a token. */
export type LogDetails = Readonly<Record<string, string | number | boolean | undefined>>

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

type Write = (message: string, details?: LogDetails) => void

/** The log of a gateway: one JSON object a line. */
export type Log = Readonly<Record<Exclude<LogLevel, 'silent'>, Write>>

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

export const logLevels: readonly LogLevel[] = levels

const secretShapes =
  /\bmmk_[a-z]{2}_[0-9A-Za-z]+|\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}|\b(?:basic|bearer|dpop)[ +][\w.~+/=-]{8,}/gi
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu

/** Text from a request as a log may hold it: one line, short, without what looks like a secret or a token. */
export const printable = (text: string): string =>
  text.slice(0, 2000).replace(secretShapes, '[redacted]').slice(0, 500).replace(unprintable, '\uFFFD')

const quiet: Write = () => {}

/** Lines that nobody takes (a full pipe) are kept up to this many bytes, then dropped: a log never stops the gateway. */
const maximumBuffer = 8_388_608

/** Standard error, written asynchronously, which `process.stderr` is not; what cannot be written is lost, never thrown. */
const standardError = (): ((line: string) => void) => {
  let stream: WriteStream | undefined
  return (line) => {
    stream ??= createWriteStream('', { fd: 2, autoClose: false }).on('error', () => {})
    if (stream.writableLength < maximumBuffer) stream.write(line)
  }
}

/**
 * @param write takes whole lines; by default standard error
 * @param now milliseconds since 1970
 */
export const createLog = (
  level: LogLevel,
  write: (line: string) => void = standardError(),
  now: () => number = Date.now,
): Log => {
  const at = (name: Exclude<LogLevel, 'silent'>): Write => {
    if (levels.indexOf(name) < levels.indexOf(level)) return quiet
    return (message, details = {}) => {
      const safe = Object.entries(details).map(([key, value]) => [
        key,
        typeof value === 'string' ? printable(value) : value,
      ])
      const time = new Date(now()).toISOString()
      write(`${JSON.stringify({ level: name, time, message, ...Object.fromEntries(safe) })}\n`)
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** A log that nobody reads. */
export const silentLog: Log = createLog('silent')

/** An error as a line tells it: its type and message, without a stack and without what it carries. */
export const failure = (error: unknown): LogDetails =>
  error instanceof Error ? { errorType: error.name, errorMessage: error.message } : {}
