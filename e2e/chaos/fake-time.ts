import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../packages/server/test/until.ts'
import { debianProgram } from '../debian/debian-program.ts'
import type { Cluster, Node } from './cluster.ts'

const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64'

/** Debian's library that tells a process another time. */
export const fakeTime = () =>
  debianProgram({ packages: ['libfaketime'], program: `usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1` })

/** A clock that never jumps stays as it is. */
const preloaded = async (): Promise<Record<string, string>> => ({
  LD_PRELOAD: (await fakeTime()).path,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  DONT_FAKE_MONOTONIC: '1',
})

const signed = (seconds: number): string => `${seconds < 0 ? '' : '+'}${seconds}s`

/** Environment of a process whose clock is off for as long as it lives. */
export const clockOff = async (seconds: number): Promise<Record<string, string>> => ({
  ...(await preloaded()),
  FAKETIME: signed(seconds),
})

/** Environment of a process whose clock is set while it runs, and who sets it; a second later the process sees it. */
export const settableClock = async (directory: string) => {
  const file = join(directory, 'clock')
  const set = (seconds: number): void => {
    writeFileSync(`${file}.new`, signed(seconds))
    renameSync(`${file}.new`, file)
  }
  set(0)
  return {
    environment: { ...(await preloaded()), FAKETIME_TIMESTAMP_FILE: file, FAKETIME_CACHE_DURATION: '1' },
    set,
  }
}

/** Waits until a node knows how far its clock is off. */
export const untilSeen = (node: Node, seconds: number): Promise<number> =>
  until(`${node.name} sees that its clock is ${seconds} s ahead`, async () => {
    const ahead = await node.metric('mintmark_clock_ahead_seconds')
    return ahead !== undefined && Math.abs(ahead - seconds) < 5
  })

/** Keys as old as those of a system that has been there for a while: to who is behind, one made just now is not there yet. */
export const ageKeys = async ({ postgres, database }: Cluster): Promise<void> => {
  await postgres.query(
    database,
    'UPDATE signing_key SET created = created - 3600000, active_from = active_from - 3600000',
  )
}
