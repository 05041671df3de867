import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'
import type { Config } from '../config/schema.ts'
import { answer, answerFlags, answerFlagsHelp } from './answer.ts'
import { exitCodes, type ServerCommand, UsageError } from './command.ts'
import { noArgument } from './positional.ts'
import { readProcessConfig, settingFlagsHelp } from './process-config.ts'

/** How long a server may take to answer, in milliseconds. */
const patience = 3000

/** Where a listener that takes every address of this machine is reached on it. */
const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1', '[::]': '::1' }

type Health = { readonly healthy: boolean; readonly status: string; readonly reasons?: readonly string[] }

const ask = ({ tls, adminHost, adminPort }: Config, path: string): Promise<Health> =>
  new Promise((resolve) => {
    const away = (error: Error): void => resolve({ healthy: false, status: `no answer (${error.message})` })
    // Its certificate is for other names than this machine's address; nothing is sent, and only health is believed.
    const target = { host: everywhere[adminHost] ?? adminHost, port: adminPort, path, rejectUnauthorized: false }
    const get = tls === 'off' ? getHttp : getHttps
    const request = get({ ...target, agent: false, timeout: patience }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body = (body + text).slice(0, 1000)
      })
      response.on('end', () => {
        try {
          const { status, reasons } = JSON.parse(body) as { status: string; reasons?: readonly string[] }
          resolve({ healthy: response.statusCode === 200, status, ...(reasons === undefined ? {} : { reasons }) })
        } catch {
          resolve({ healthy: false, status: `answered ${response.statusCode}, and not as a Mintmark server does` })
        }
      })
    })
    request.on('timeout', () => request.destroy(new Error(`within ${patience} ms`)))
    request.on('error', away)
  })

/** For container engines and service managers, which run a command and look at its exit code. */
export const health: ServerCommand = {
  name: 'health',
  summary: 'Ask the server on this machine whether it is ready',
  help: `Asks the management listener of a server with the same settings, on this machine and without
credentials. Exit code 0 when it is ready, 1 when it is not or does not answer.

Flags:
  --live                   ask whether it answers at all, be it ready or not
${answerFlagsHelp}
${settingFlagsHelp()}

Examples:
  mintmark health
  mintmark health --live --admin-port 6750`,
  run: async (args, terminal) => {
    const { config, flags, positionals } = readProcessConfig(args, terminal.environment, {
      ...answerFlags,
      live: { type: 'boolean' },
    })
    noArgument(positionals)
    if (config.adminPort === 0) throw new UsageError('admin.port is 0: nobody but the server knows its port')
    const found = await ask(config, flags.live === true ? '/health/live' : '/health/ready')
    const reasons = found.reasons === undefined ? '' : `: ${found.reasons.join(', ')}`
    answer(terminal, flags, [`${found.status}${reasons}`], found)
    return found.healthy ? exitCodes.done : exitCodes.failed
  },
}
