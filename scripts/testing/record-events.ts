import { inspect } from 'node:util'

/** What one line of a test file's record says. The runner reads these lines; see `run-test-file.ts`. */
export type RecordedEvent =
  | { readonly kind: 'started'; readonly id: string; readonly path: string }
  | { readonly kind: 'passed' | 'skipped'; readonly id: string; readonly path: string }
  | { readonly kind: 'failed'; readonly id: string; readonly path: string; readonly at: string; readonly error: string }

type TestEvent = {
  readonly type: string
  readonly data: {
    readonly name: string
    readonly nesting: number
    readonly file?: string
    readonly line?: number
    readonly column?: number
    readonly skip?: string | boolean
    readonly todo?: string | boolean
    readonly details?: { readonly type?: string; readonly error?: Error & { failureType?: string } }
  }
}

/**
 * A reporter for `node --test-reporter`: one JSON line an event, so that the runner learns what ran also when the file is
 * killed half-way. Suites are not tests, and a test that failed only because a test inside it failed is not a second failure.
 */
export default async function* recordEvents(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const names: string[] = []
  for await (const { type, data } of source) {
    const id = `${data.file}:${data.line}:${data.column}:${data.nesting}:${data.name}`
    if (type === 'test:dequeue') yield line({ kind: 'started', id, path: data.name })
    if (type === 'test:start') names.splice(data.nesting, Number.POSITIVE_INFINITY, data.name)
    const path = [...names.slice(0, data.nesting), data.name].join(' › ')
    if (type === 'test:pass' && data.details?.type !== 'suite') {
      const passed = data.skip === undefined && data.todo === undefined
      yield line({ kind: passed ? 'passed' : 'skipped', id, path })
    }
    if (type === 'test:fail' && data.details?.error?.failureType !== 'subtestsFailed') {
      const at = data.line === undefined ? '' : `${data.file}:${data.line}`
      yield line({ kind: 'failed', id, path, at, error: describeError(data.details?.error) })
    }
  }
}

const line = (event: RecordedEvent) => `${JSON.stringify(event)}\n`

/** The error a test threw, without the test runner's wrapper and without frames inside Node. */
const describeError = (error: Error | undefined): string => {
  const thrown = error?.cause instanceof Error ? error.cause : (error ?? new Error('failed without an error'))
  const cause = thrown.cause === undefined ? '' : `\ncause: ${inspect(thrown.cause)}`
  return withoutNodeFrames(`${thrown.stack ?? inspect(thrown)}${cause}`)
}

const withoutNodeFrames = (stack: string) =>
  stack
    .split('\n')
    .filter((frame) => !/^\s+at .*\(?node:/.test(frame))
    .join('\n')
