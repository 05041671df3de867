import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RecordedEvent } from './record-events.ts'

const recorder = fileURLToPath(new URL('./record-events.ts', import.meta.url))
const keptOutput = 20_000

export type Failure = { readonly path: string; readonly at: string; readonly error: string }

export type FileResult = {
  readonly passed: number
  readonly skipped: readonly string[]
  readonly failures: readonly Failure[]
  /** What the file printed, both streams in order; only the last 20,000 characters. */
  readonly output: string
  readonly milliseconds: number
}

/**
 * Runs one test file in a process of its own, in a process group of its own: when it ends, or takes longer than
 * `timeoutSeconds`, whatever it started is killed with it. A file that ends without having run a test has failed.
 */
export const runTestFile = async (
  file: string,
  { timeoutSeconds, env }: { timeoutSeconds: number; env: NodeJS.ProcessEnv },
): Promise<FileResult> => {
  const scratch = await mkdtemp(join(tmpdir(), 'mintmark-test-'))
  const record = join(scratch, 'events.jsonl')
  const begin = performance.now()
  try {
    const end = await runToEnd([`--test-reporter=${recorder}`, `--test-reporter-destination=${record}`, file], {
      timeoutSeconds,
      env,
    })
    const events = await readEvents(record)
    return { ...judge(file, events, end, timeoutSeconds), milliseconds: performance.now() - begin }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

type End = {
  readonly code: number | null
  readonly signal: string | null
  readonly timedOut: boolean
  readonly output: string
}

const runToEnd = (args: string[], { timeoutSeconds, env }: { timeoutSeconds: number; env: NodeJS.ProcessEnv }) =>
  new Promise<End>((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    let output = ''
    let timedOut = false
    const keep = (text: string) => {
      output = (output + text).slice(-keptOutput)
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    const killGroup = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // Nobody of the group is left, which is what we want.
      }
    }
    const timer = setTimeout(() => {
      timedOut = true
      killGroup()
    }, timeoutSeconds * 1000)
    const interrupted = () => {
      killGroup()
      process.exit(130)
    }
    process.once('SIGINT', interrupted)
    process.once('SIGTERM', interrupted)
    child.on('error', reject)
    // A process the test left behind would hold the pipes open: end the group at 'exit', then wait for 'close'.
    child.on('exit', killGroup)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      process.off('SIGINT', interrupted)
      process.off('SIGTERM', interrupted)
      resolve({ code, signal, timedOut, output })
    })
  })

/** The record as far as it was written: the last line of a killed file may be cut. */
const readEvents = async (record: string): Promise<RecordedEvent[]> => {
  const text = await readFile(record, 'utf8').catch(() => '')
  const complete = text.slice(0, text.lastIndexOf('\n') + 1)
  return complete
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as RecordedEvent)
}

const judge = (file: string, events: readonly RecordedEvent[], end: End, timeoutSeconds: number) => {
  const passed = events.filter((event) => event.kind === 'passed').length
  const skipped = events.filter((event) => event.kind === 'skipped').map((event) => event.path)
  const failures: Failure[] = events.filter((event) => event.kind === 'failed')
  const whole = (error: string): Failure => ({ path: 'the whole file', at: file, error })
  if (end.timedOut) {
    const ended = new Set(events.filter((event) => event.kind !== 'started').map((event) => event.id))
    const running = events.filter((event) => event.kind === 'started' && !ended.has(event.id)).map(({ path }) => path)
    const where = running.length === 0 ? 'after its last test' : `in: ${running.join(', ')}`
    failures.push(whole(`killed after ${timeoutSeconds} s, ${where}`))
  } else if (failures.length === 0 && end.code !== 0) {
    failures.push(whole(end.signal === null ? `ended with exit code ${end.code}` : `ended by ${end.signal}`))
  } else if (failures.length === 0 && passed === 0 && skipped.length === 0) {
    failures.push(whole('contains no test'))
  }
  return { passed, skipped, failures, output: end.output }
}
