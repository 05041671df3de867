import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { badConfiguration, CommandFailure } from '../failure.ts'
import type { Environment } from '../terminal/terminal.ts'
import { readTextFile } from './read-file.ts'
import { setting } from './secret-setting.ts'

/** What a server on this machine leaves in its data directory for its own command line. */
export type Administrator = {
  readonly adminUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** Certificate to trust, where the server made its own. */
  readonly caFile: string | undefined
}

/** What `mintmark dev` leaves there: the demo's issuer and the secrets of its clients. */
export type Demo = { readonly issuer: string; readonly clients: Readonly<Record<string, string>> }

/** The data directory: flag, environment, or `./mintmark-data`. */
export const dataDirectory = (flag: string | undefined, environment: Environment, cwd: string): string =>
  resolve(cwd, flag ?? setting(environment, 'MINTMARK_DATA_DIR') ?? 'mintmark-data')

type JsonObject = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isFilled = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** A JSON object in the data directory; undefined when there is none. @throws CommandFailure bad configuration */
const readObject = (directory: string, name: string): JsonObject | undefined => {
  const file = join(directory, name)
  if (!existsSync(file)) return undefined
  try {
    const value: unknown = JSON.parse(readTextFile(file, directory))
    if (isObject(value)) return value
  } catch (error) {
    if (error instanceof CommandFailure) throw badConfiguration(error.message, 'is this the user the server runs as?')
  }
  throw badConfiguration(`${file} is damaged: it is not a JSON object`, 'the server writes it when it starts')
}

export const readAdministrator = (directory: string): Administrator | undefined => {
  const found = readObject(directory, 'administrator.json')
  if (found === undefined) return undefined
  const { adminUrl, clientId, clientSecret, caFile } = found
  const file = join(directory, 'administrator.json')
  if (!isFilled(clientId) || !isFilled(clientSecret)) {
    throw badConfiguration(`${file} is damaged: clientId or clientSecret is missing`)
  }
  if (!isFilled(adminUrl)) {
    throw badConfiguration(`the server of ${directory} has not started yet: ${file} names no address`, 'start it first')
  }
  return { adminUrl, clientId, clientSecret, caFile: isFilled(caFile) ? caFile : undefined }
}

export const readDemo = (directory: string): Demo | undefined => {
  const found = readObject(directory, 'demo.json')
  if (found === undefined) return undefined
  const { issuer, clients } = found
  if (!isFilled(issuer) || !isObject(clients) || !Object.values(clients).every(isFilled)) {
    throw badConfiguration(`${join(directory, 'demo.json')} is damaged: issuer or clients is missing`)
  }
  return { issuer, clients: clients as Readonly<Record<string, string>> }
}
