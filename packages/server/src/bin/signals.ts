import { exitCodes } from './command.ts'

/**
 * Settles when the `npm start` or `npx` that started this process is gone. npm hands a signal to the shell between, which ends and tells
 * nobody: the server would go on, and keep its ports. Other scripts may put a server into the background, and end.
 */
const npmGone = (environment: NodeJS.ProcessEnv): { readonly gone: Promise<void>; readonly forget: () => void } => {
  const { promise: gone, resolve } = Promise.withResolvers<void>()
  if (!['start', 'npx'].includes(environment.npm_lifecycle_event ?? '')) return { gone, forget: () => {} }
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid !== parent) resolve()
  }, 250)
  return { gone, forget: () => clearInterval(timer) }
}

/**
 * Waits for SIGTERM or SIGINT, then runs `stop`; a second signal ends the process at once.
 * @returns the exit code: 0 when it stopped cleanly, 1 when requests had to be cut
 */
export const untilStopped = async (stop: () => Promise<{ readonly cut: number }>): Promise<number> => {
  const npm = npmGone(process.env)
  const signalled = new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
  await Promise.race([signalled, npm.gone])
  npm.forget()
  const impatient = (): void => process.exit(exitCodes.interrupted)
  process.on('SIGINT', impatient)
  process.on('SIGTERM', impatient)
  const { cut } = await stop()
  process.off('SIGINT', impatient)
  process.off('SIGTERM', impatient)
  return cut === 0 ? exitCodes.done : exitCodes.failed
}
