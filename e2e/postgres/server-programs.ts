import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { debianProgram } from '../debian/debian-program.ts'

/** All programs of a PostgreSQL in one folder: the server, and those that copy it. */
export type ServerPrograms = {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  readonly skip: string | false
}

const wanted = ['postgres', 'initdb', 'psql', 'pg_basebackup', 'pg_dump', 'pg_restore', 'pg_verifybackup']

/** The version that each release of Debian has. */
const debianVersions: Readonly<Record<string, number>> = { 11: 13, 12: 15, 13: 17, 14: 18 }

const debianRelease = (): string =>
  existsSync('/etc/os-release') ? (/^VERSION_ID="?(\d+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '') : ''

/** Those of the machine, else of Debian's packages; npm's have the server alone. */
export const serverPrograms = async (): Promise<ServerPrograms> => {
  const installed = globSync('/usr/lib/postgresql/*/bin')
    .sort()
    .toReversed()
    .find((folder) => wanted.every((name) => existsSync(join(folder, name))))
  if (installed !== undefined) return { folder: installed, environment: {}, skip: false }
  const version = debianVersions[debianRelease()]
  if (version === undefined)
    return { folder: '', environment: {}, skip: 'this machine has no PostgreSQL with all its programs' }
  const folder = `usr/lib/postgresql/${version}/bin`
  const { path, environment, skip } = await debianProgram({
    packages: [`postgresql-${version}`, `postgresql-client-${version}`],
    program: `${folder}/postgres`,
    files: wanted.map((name) => `${folder}/${name}`),
  })
  return { folder: dirname(path), environment, skip }
}
