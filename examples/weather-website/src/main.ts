import { parseArgs } from 'node:util'
import { type Credential, secretFromEnvironment } from '@mintmark/client'
import { secretFromFile } from '@mintmark/client/node'
import { startWeatherWebsite } from './weather-website.ts'

const usage = `usage: npm start -- [--issuer URL] [--client-id ID] [--weather-api URL] [--resource URI]
                    [--port 6755] [--host 127.0.0.1]

environment: MINTMARK_ISSUER, or MINTMARK_URL for its workspace default/demo
             MINTMARK_CLIENT_ID (weather-website)
             MINTMARK_CLIENT_SECRET or MINTMARK_CLIENT_SECRET_FILE, one of which is needed`

function fail(line: string, code: number): never {
  console.error(line)
  process.exit(code)
}

function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        issuer: { type: 'string', default: defaultIssuer() },
        'client-id': { type: 'string', default: process.env.MINTMARK_CLIENT_ID ?? 'weather-website' },
        'weather-api': { type: 'string', default: 'http://127.0.0.1:6751' },
        resource: { type: 'string' },
        port: { type: 'string', default: '6755' },
        host: { type: 'string', default: '127.0.0.1' },
        help: { type: 'boolean', default: false },
      },
    })
    if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) {
      throw new TypeError('--port is a number from 0 to 65535')
    }
    if (!URL.canParse(values['weather-api'])) throw new TypeError('--weather-api is a URL')
    return values
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n\n${usage}`, 2)
  }
}

function defaultIssuer(): string {
  const { MINTMARK_ISSUER: issuer, MINTMARK_URL: base = 'http://localhost:6749' } = process.env
  return issuer ?? `${base.replace(/\/$/, '')}/default/demo`
}

/** Never a flag: flags are seen by everybody who lists processes. */
function findSecret(): Credential {
  const { MINTMARK_CLIENT_SECRET: secret, MINTMARK_CLIENT_SECRET_FILE: file } = process.env
  if (file !== undefined) return secretFromFile(file)
  return secret === undefined
    ? fail(`there is no client secret\n\n${usage}`, 2)
    : secretFromEnvironment('MINTMARK_CLIENT_SECRET')
}

const flags = readFlags()
if (flags.help) {
  console.log(usage)
} else {
  try {
    const website = await startWeatherWebsite({
      issuer: flags.issuer,
      clientId: flags['client-id'],
      credential: findSecret(),
      weatherApi: flags['weather-api'],
      resource: flags.resource,
      port: Number(flags.port),
      host: flags.host,
      log: (line) => console.error(line),
    })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void website.close())
    console.log(`weather website: ${website.url}`)
  } catch (error) {
    const busy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    fail(busy ? `port ${flags.port} is taken: stop what uses it, or choose another with --port` : String(error), 1)
  }
}
