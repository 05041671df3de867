/**
 * What a demand would take, computed from the unit costs that `npm run bench` measured: `node bench/src/paper.ts RESULT.json` prints the
 * tables of docs/scale.md. The result must hold the part `compare` with the scenarios over PostgreSQL.
 */
import { readFileSync } from 'node:fs'
import type { DatabaseCost } from './measure.ts'
import type { Summary } from './report.ts'

/** What is measured, of one token. */
export type UnitCosts = {
  /** CPU of a node, in microseconds. */
  readonly nodeMicros: number
  readonly database: DatabaseCost
}

export type Demand = {
  /** Of all regions together. */
  readonly tokensPerSecond: number
  readonly regions: number
  /** Share of a processor that may be busy: the rest is for bursts, and for a node that is away. */
  readonly utilization: number
  /** Days audit events are kept. */
  readonly retention: number
}

/** What one region needs when another one is away, and what it is left with on a usual day. */
export type RegionNeeds = {
  /** Tokens a second with all regions there, and with one away. */
  readonly usual: number
  readonly most: number
  /** Processors of all nodes, and of the database, with one region away. */
  readonly nodeCores: number
  readonly databaseCores: number
  /** Bytes a second of the write-ahead log, with one region away: what each standby is sent. */
  readonly walPerSecond: number
  /** Bytes of audit events and their indexes: of a usual day, and of all the days they are kept. */
  readonly storedPerDay: number
  readonly stored: number
}

const secondsOfDay = 86_400

export const needsOf = (
  { nodeMicros, database }: UnitCosts,
  { tokensPerSecond, regions, utilization, retention }: Demand,
): RegionNeeds => {
  const usual = tokensPerSecond / regions
  const most = regions > 1 ? tokensPerSecond / (regions - 1) : usual
  const storedPerDay = usual * database.storedBytes * secondsOfDay
  return {
    usual,
    most,
    nodeCores: (most * nodeMicros) / 1e6 / utilization,
    databaseCores: (most * database.cpuMicros) / 1e6 / utilization,
    walPerSecond: most * database.walBytes,
    storedPerDay,
    stored: storedPerDay * retention,
  }
}

/** @throws Error where the result has no such scenario over PostgreSQL */
export const unitCostsOf = (summaries: readonly Summary[], scenario: string): UnitCosts => {
  const found = summaries.find((summary) => summary.scenario === scenario)
  if (found?.database === undefined) throw new Error(`the result has no figures of a database for ${scenario}`)
  return { nodeMicros: found.cpuMicrosPerRequest, database: found.database }
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

const asked = [
  ['client_secret_basic', 'mintmark es256 postgres'],
  ['private_key_jwt', 'mintmark es256 private_key_jwt postgres'],
] as const

const whole = (value: number): string => Math.round(value).toLocaleString('en')

/** The tables in Markdown: unit costs, then what a region needs. */
export const renderPaper = (summaries: readonly Summary[], demand: Demand): string => {
  const columns = asked.map(([, scenario]) => unitCostsOf(summaries, scenario))
  const needs = columns.map((units) => needsOf(units, demand))
  const unitRow = (name: string, read: (units: UnitCosts) => string): string[] => [name, ...columns.map(read)]
  const needRow = (name: string, read: (one: RegionNeeds) => string): string[] => [name, ...needs.map(read)]
  const names = asked.map(([name]) => name)
  return [
    table(
      ['one token costs', ...names],
      [
        unitRow('CPU of a node', ({ nodeMicros }) => `${whole(nodeMicros)} µs`),
        unitRow('CPU of PostgreSQL', ({ database }) => `${whole(database.cpuMicros)} µs`),
        unitRow('write-ahead log', ({ database }) => `${whole(database.walBytes)} bytes`),
        unitRow('kept in the database', ({ database }) => `${whole(database.storedBytes)} bytes`),
        unitRow('transactions', ({ database }) => `1 for ${database.requestsPerCommit.toFixed(1)} tokens`),
      ],
    ),
    '',
    table(
      ['a region takes', ...names],
      [
        needRow('tokens/s, all regions there', ({ usual }) => whole(usual)),
        needRow('tokens/s, one region away', ({ most }) => whole(most)),
        needRow('processors of nodes', ({ nodeCores }) => nodeCores.toFixed(1)),
        needRow('processors of PostgreSQL', ({ databaseCores }) => databaseCores.toFixed(1)),
        needRow('log to each standby', ({ walPerSecond }) => `${(walPerSecond / 1e6).toFixed(0)} MB/s`),
        needRow('stored a day', ({ storedPerDay }) => `${(storedPerDay / 1e12).toFixed(2)} TB`),
        needRow(`stored in ${demand.retention} days`, ({ stored }) => `${(stored / 1e12).toFixed(0)} TB`),
      ],
    ),
  ].join('\n')
}

if (import.meta.main) {
  const [, , file] = process.argv
  if (file === undefined) throw new Error('usage: node bench/src/paper.ts RESULT.json')
  const { compare } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly compare?: { readonly summaries: readonly Summary[] }
  }
  const demand = { tokensPerSecond: 100_000, regions: 3, utilization: 0.6, retention: 90 }
  console.log(renderPaper(compare?.summaries ?? [], demand))
}
