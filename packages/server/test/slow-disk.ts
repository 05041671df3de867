import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { RunningServer } from '../src/server.ts'
import { until } from './until.ts'

/** Holds the embedded database as a slow disk does: nothing is committed until it is let go. */
export const slowDisk = ({ dataDirectory }: Pick<RunningServer, 'dataDirectory'>): { readonly recover: () => void } => {
  const other = new DatabaseSync(join(dataDirectory, 'mintmark.sqlite'))
  other.exec('BEGIN IMMEDIATE')
  return {
    recover: () => {
      other.exec('ROLLBACK')
      other.close()
    },
  }
}

/** What a line of the metrics says now; NaN where there is none. */
export const metric = async ({ adminUrl }: Pick<RunningServer, 'adminUrl'>, line: string): Promise<number> => {
  const lines = (await (await fetch(`${adminUrl}/metrics`)).text()).split('\n')
  return Number(lines.find((each) => each.startsWith(`${line} `))?.slice(line.length + 1) ?? Number.NaN)
}

/** Waits until that line says so. */
export const untilMetric = (server: Pick<RunningServer, 'adminUrl'>, line: string, value: number): Promise<number> =>
  until(`${line} is ${value}`, async () => (await metric(server, line)) === value)
