import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { clientsMillionPart } from './database/clients-million-part.ts'
import { revocationsPart } from './database/revocations-part.ts'
import { endOfAnswer } from './load/connection.ts'
import { startLoadProcess } from './load/load-process.ts'
import { measure, prepareScenario } from './measure.ts'
import { growthOf, memoryCourse } from './million.ts'
import { readOptions } from './options.ts'
import { judgeOverload } from './overload/judge-overload.ts'
import { needsOf, renderPaper } from './paper.ts'
import { scalePart } from './parts.ts'
import { renderTable, type Summary, summarize } from './report.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import { median, percentile } from './statistics.ts'

const scenarioNamed = (name: string): Scenario => {
  const found = scenarios.find((scenario) => scenario.name === name)
  assert.ok(found, name)
  return found
}

describe('the benchmark, end to end with tiny counts', () => {
  for (const scenario of scenarios) {
    test(`${scenario.name} answers every request of a short run`, { timeout: 60_000 }, async () => {
      const load = startLoadProcess()
      try {
        const prepared = await prepareScenario(scenario, load, { clients: 3 }, 5)
        try {
          const limit = await prepared.renew(20)
          const one = await measure(prepared, load, 1, { concurrency: 2, count: 20, ...limit })
          assert.equal(one.requests, 20)
          assert.ok(one.requestsPerSecond > 0 && one.p50Millis > 0 && one.p99Millis >= one.p50Millis)
          assert.ok(one.peakBytes >= one.residentBytes && one.residentBytes > 1e6)
        } finally {
          await prepared.contender.stop()
        }
      } finally {
        await load.stop()
      }
    })
  }

  test('npm run bench writes its circumstances, options and summaries as JSON', { timeout: 20_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'))
    try {
      const json = join(folder, 'result.json')
      const run = fileURLToPath(new URL('./run.ts', import.meta.url))
      const { stdout } = await promisify(execFile)(process.execPath, [
        ...[run, '--only', 'bare', '--rounds', '1', '--seconds', '0.1', '--concurrency', '2', '--json', json],
      ])
      assert.match(stdout, /bare es256/)
      const report = JSON.parse(readFileSync(json, 'utf8'))
      assert.equal(report.circumstances.node, process.version)
      assert.equal(report.options.rounds, 1)
      assert.deepEqual(
        report.compare.summaries.map((summary: { scenario: string }) => summary.scenario),
        ['bare es256'],
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('an answer that is not as expected fails the run, with the answer', { timeout: 20_000 }, async () => {
    const load = startLoadProcess()
    const prepared = await prepareScenario(scenarioNamed('bare es256'), load, { clients: 1 })
    try {
      const requests = ['POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 29\r\n\r\ngrant_type=client_credentials']
      const { port } = prepared.contender.target
      await load.prepare({ name: 'bare es256', port, requests, expect: '"access_token":"' })
      await assert.rejects(
        measure(prepared, load, 1, { concurrency: 1, count: 3 }),
        /3 of 3 answers wrong.*\nHTTP\/1.1 401/,
      )
    } finally {
      await prepared.contender.stop()
      await load.stop()
    }
  })

  test('many clients against few, and the time until ready', { timeout: 20_000 }, async () => {
    const options = readOptions(['--rounds', '1', '--seconds', '0.1', '--concurrency', '2'])
    assert.ok(options !== 'help')
    const { figures, text, verdicts } = await scalePart(options, () => {}, 20)
    assert.match(text, /mintmark es256, 20 clients/)
    assert.equal((figures as { readyMillis: number[] }).readyMillis.length, 1)
    assert.equal(verdicts.length, 2)
  })

  for (const engine of ['sqlite', 'postgres'] as const) {
    test(`more clients against fewer, registered in bulk, over ${engine}`, { timeout: 60_000 }, async () => {
      const options = readOptions(['--rounds', '1', '--seconds', '0.1', '--concurrency', '2', '--engines', engine])
      assert.ok(options !== 'help')
      const { text, verdicts } = await clientsMillionPart(options, () => {}, { few: 11, many: 40 })
      assert.match(text, /mintmark es256, \w+, 40 clients/)
      assert.equal(/WAL bytes/.test(text), engine === 'postgres')
      assert.equal(verdicts.length, 3)
    })
  }

  test('without and with live revocations, for tokens and introspection', { timeout: 60_000 }, async () => {
    const options = readOptions(['--rounds', '1', '--seconds', '0.1', '--concurrency', '2', '--clients', '2'])
    assert.ok(options !== 'help')
    const { text, verdicts } = await revocationsPart(options, () => {}, 30)
    assert.match(text, /mintmark introspect opaque, 30 revocations/)
    assert.equal(verdicts.length, 3)
  })

  test('an open loop counts what is answered, refused and given up', { timeout: 20_000 }, async () => {
    const load = startLoadProcess()
    const prepared = await prepareScenario(scenarioNamed('mintmark es256'), load, { clients: 1 })
    try {
      const run = { name: 'mintmark es256', connections: 4, perSecond: 200, seconds: 0.3 }
      const result = await load.runOpenLoop(run)
      assert.ok(result.answered > 0 && result.answered <= result.offered)
      assert.deepEqual([result.refused, result.unanswered, result.withoutRetryAfter], [0, 0, 0])
      assert.ok(result.okP99Millis >= result.okP50Millis)
    } finally {
      await prepared.contender.stop()
      await load.stop()
    }
  })

  test('what five times the load leaves is judged by tokens, answers, refusals, health, memory and recovery', () => {
    const stage = {
      ...{ offeredPerSecond: 500, answeredPerSecond: 85, refusedPerSecond: 20, unanswered: 0, withoutRetryAfter: 0 },
      ...{ okP50Millis: 1, okP99Millis: 2, refusedP50Millis: 1, refusedP99Millis: 2, cores: 1, cpuMicrosPerToken: 12 },
      ...{ peakBytes: 1e8, health: { probes: 1, p99Millis: 10, maximumMillis: 10 } },
      polite: { answered: 5, refused: 5, refusedP99Millis: 20 },
    }
    const peak = { perSecond: 100, cores: 1, cpuMicrosPerToken: 10, peakBytes: 1e8 }
    const verdicts = judgeOverload({ peak, overload: stage, after: stage })
    assert.deepEqual(
      verdicts.map(({ measured, met }) => [measured, met]),
      [
        ['85 %', true],
        ['83 %', true],
        ['0 without an answer, 0 without Retry-After', true],
        ['20 ms', true],
        ['10 ms', true],
        ['100 MB', true],
        ['4.00 % refused', false],
      ],
    )
  })

  test('memory is sampled over the course of the requests', { timeout: 20_000 }, async () => {
    const load = startLoadProcess()
    const prepared = await prepareScenario(scenarioNamed('bare es256'), load, { clients: 1 })
    try {
      const options = { requests: 40, slices: 4, concurrency: 2, progress: () => {} }
      const course = await memoryCourse(prepared, load, options)
      assert.deepEqual(
        course.samples.map(({ requests }) => requests),
        [10, 20, 30, 40],
      )
      assert.ok(course.growth > 0)
    } finally {
      await prepared.contender.stop()
      await load.stop()
    }
  })
})

describe('the arithmetic of the report', () => {
  test('median, percentile and growth', () => {
    assert.equal(median([3, 1, 2]), 2)
    assert.equal(median([4, 1, 2, 3]), 2.5)
    assert.equal(percentile(Float64Array.from([1, 2, 3, 4]), 0.5), 2)
    assert.equal(percentile(Float64Array.from([1, 2, 3, 4]), 0.99), 4)
    assert.equal(growthOf([50, 100, 150, 200]), 2)
  })

  test('a ratio is taken within each round, then the median of the rounds', () => {
    const rows = [
      { scenario: 'bare es256', cpu: [10, 20, 40] },
      { scenario: 'oidc-provider es256', cpu: [30, 80, 80] },
    ]
    const measurements = rows.flatMap(({ scenario, cpu }) =>
      cpu.map((cpuMicrosPerRequest, index) => ({
        ...{ scenario, round: index + 1, cpuMicrosPerRequest, requests: 1, seconds: 1, requestsPerSecond: 1 },
        ...{ p50Millis: 1, p99Millis: 1, loadCpuMicrosPerRequest: 1, otherCores: 0, residentBytes: 1, peakBytes: 1 },
      })),
    )
    const [bare, peer] = summarize([scenarioNamed('bare es256'), scenarioNamed('oidc-provider es256')], measurements)
    assert.equal(bare?.cpuToFloor, undefined)
    assert.equal(bare?.cpuMicrosPerRequest, 20)
    assert.equal(peer?.cpuToFloor, 3)
  })

  test('a demand on paper is rates times unit costs, with one region away where that matters', () => {
    const database = { cpuMicros: 30, walBytes: 500, storedBytes: 400, requestsPerCommit: 20 }
    const demand = { tokensPerSecond: 100_000, regions: 2, utilization: 0.5, retention: 10 }
    assert.deepEqual(needsOf({ nodeMicros: 60, database }, demand), {
      ...{ usual: 50_000, most: 100_000, nodeCores: 12, databaseCores: 6, walPerSecond: 50e6 },
      ...{ storedPerDay: 1.728e12, stored: 1.728e13 },
    })
    const costs = { cpuMicrosPerRequest: 60, database }
    const names = ['mintmark es256 postgres', 'mintmark es256 private_key_jwt postgres']
    const summaries = names.map((scenario) => ({ scenario, ...costs })) as unknown as Summary[]
    assert.match(renderPaper(summaries, demand), /\| log to each standby \| 50 MB\/s \| 50 MB\/s \|/)
    assert.throws(() => renderPaper(summaries.slice(1), demand), /no figures of a database for mintmark es256 postgres/)
  })

  test('a table aligns its first column left and the others right', () => {
    assert.equal(renderTable(['name', 'n'], [['a', '10']]), 'name   n\n────  ──\na     10')
  })

  test('an answer ends where its Content-Length says, and one without is an error', () => {
    assert.equal(endOfAnswer('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab'), 40)
    assert.equal(endOfAnswer('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na'), undefined)
    assert.throws(() => endOfAnswer('HTTP/1.1 200 OK\r\n\r\n'), /without Content-Length/)
  })

  test('options out of range and unknown flags are refused with one line', () => {
    assert.throws(() => readOptions(['--rounds', '0']), /--rounds takes a number above 0/)
    assert.throws(() => readOptions(['--clients', '1.5']), /--clients takes a whole number/)
    assert.throws(() => readOptions(['--fast']), /Unknown option '--fast'/)
    assert.throws(() => readOptions(['--engines', 'sqlite,oracle']), /--engines takes .*, not oracle/)
    assert.equal(readOptions(['--help']), 'help')
  })
})
