import type { LogLevel, Place } from '@mintmark/gateway'
import { ConfigError, type Terminal, UsageError } from '@mintmark/server/bin'

/** Flags that gateway and proxy share. */
export const listeningFlags = {
  routes: { type: 'string', short: 'f' },
  listen: { type: 'string' },
  'log-level': { type: 'string' },
} as const

export const routesHelp = '  -f, --routes FILE        The route table (also MINTMARK_GATEWAY_ROUTES).'

export const logLevelHelp =
  '  --log-level LEVEL        Least severe log line that is written: debug, info (default), warn, error or silent.'

type Flags = Readonly<Record<string, string | boolean | undefined>>

/** The file of the table. @throws UsageError when none is named */
export const routesFile = ({ routes }: Flags, { environment }: Terminal): string => {
  const file = typeof routes === 'string' ? routes : environment.MINTMARK_GATEWAY_ROUTES
  if (file === undefined || file === '') throw new UsageError('which route table? --routes FILE')
  return file
}

/** `127.0.0.1:6752`, `[::1]:6752`. @throws UsageError */
export const placeOf = (text: string | boolean | undefined, fallback: string, flag: string): Place => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(typeof text === 'string' ? text : fallback)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) throw new UsageError(`--${flag} must be HOST:PORT, such as ${fallback}`)
  return { host: match[1] ?? match[2] ?? '', port }
}

/** Whether only this machine can reach a place. */
export const isOnLoopback = ({ host }: Place): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)

/** `a,b` as a list; undefined when the flag is not given. */
export const listOf = (text: string | boolean | undefined): readonly string[] | undefined =>
  typeof text === 'string' ? text.split(',').map((one) => one.trim()) : undefined

/** @throws UsageError */
export const logLevelOf = ({ 'log-level': level = 'info' }: Flags, levels: readonly LogLevel[]): LogLevel => {
  const found = levels.find((one) => one === level)
  if (found === undefined) throw new UsageError(`--log-level is one of ${levels.join(', ')}`)
  return found
}

/** Runs what reads a table: a bad one is a bad configuration, exit code 78. */
export const withTable = async <T>(run: () => T | Promise<T>): Promise<T> => {
  const { OptionError, TableError } = await import('@mintmark/gateway')
  try {
    return await run()
  } catch (error) {
    if (error instanceof TableError) throw new ConfigError(error.message.split('\n'))
    if (error instanceof OptionError) throw new UsageError(error.message)
    throw error
  }
}

/** Does something at each SIGHUP. @returns a function that ends it */
export const untilHangup = (act: () => void): (() => void) => {
  const listener = (): void => act()
  process.on('SIGHUP', listener)
  return () => void process.off('SIGHUP', listener)
}
