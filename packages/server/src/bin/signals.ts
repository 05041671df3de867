import { exitCodes } from './command.ts'

/**
 * Waits for SIGTERM or SIGINT, then runs `stop`; a second signal ends the process at once.
 * @returns the exit code: 0 when it stopped cleanly, 1 when requests had to be cut
 */
export const untilStopped = async (stop: () => Promise<{ readonly cut: number }>): Promise<number> => {
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
  const impatient = (): void => process.exit(exitCodes.interrupted)
  process.on('SIGINT', impatient)
  process.on('SIGTERM', impatient)
  const { cut } = await stop()
  process.off('SIGINT', impatient)
  process.off('SIGTERM', impatient)
  return cut === 0 ? exitCodes.done : exitCodes.failed
}
