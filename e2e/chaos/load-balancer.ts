import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../packages/server/test/free-port.ts'
import { until } from '../../packages/server/test/until.ts'
import { debianProgram } from '../debian/debian-program.ts'
import { type Ending, temporaryDirectory } from '../process/server-process.ts'

export const haproxyProgram = () => debianProgram({ packages: ['haproxy'], program: 'usr/sbin/haproxy' })

/** How often a node's health is asked for, in milliseconds, and how many answers it takes to send nothing more there. */
const healthInterval = 300
const falls = 2
/** A node that is told to stop takes requests for so long, in milliseconds, so that the load balancer has noticed. */
export const drainDelay = 1500

type Backend = { readonly name: string; readonly publicPort: number; readonly adminPort: number }

/** What `docs/failure.md` says about load balancers, as a file of HAProxy. */
const configuration = (
  ports: { readonly public: number; readonly admin: number },
  nodes: readonly Backend[],
): string => {
  const servers = (port: (node: Backend) => number): string =>
    nodes.map((node) => `  server ${node.name} 127.0.0.1:${port(node)} check port ${node.adminPort}`).join('\n')
  const backend = (name: string, port: (node: Backend) => number): string => `
backend ${name}
  balance roundrobin
  option httpchk GET /health/ready
  http-check expect status 200
  default-server inter ${healthInterval}ms fall ${falls} rise 1
  http-response set-header x-node %s
${servers(port)}
`
  return `global
  maxconn 500
  nbthread 1
defaults
  mode http
  timeout connect 1s
  timeout check 1s
  timeout client 30s
  timeout server 8s
  option redispatch 1
  retries 3
  # What was never sent may be sent elsewhere; what may have been done is not done again.
  retry-on conn-failure
frontend tokens
  bind 127.0.0.1:${ports.public}
  default_backend tokens
frontend administration
  bind 127.0.0.1:${ports.admin}
  default_backend administration
${backend('tokens', ({ publicPort }) => publicPort)}${backend('administration', ({ adminPort }) => adminPort)}`
}

export type LoadBalancer = {
  readonly publicUrl: string
  readonly adminUrl: string
  readonly start: () => Promise<void>
}

/** HAProxy of Debian before nodes; its addresses are known before it starts. */
export const createLoadBalancer = async (context: Ending, nodes: readonly Backend[]): Promise<LoadBalancer> => {
  const ports = { public: await freePort(), admin: await freePort() }
  const publicUrl = `http://127.0.0.1:${ports.public}`
  return {
    publicUrl,
    adminUrl: `http://127.0.0.1:${ports.admin}`,
    start: async () => {
      const { path, environment, skip } = await haproxyProgram()
      if (skip !== false) throw new Error(skip)
      const file = join(temporaryDirectory(context), 'haproxy.cfg')
      writeFileSync(file, configuration(ports, nodes))
      const child = spawn(path, ['-f', file], {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let complaints = ''
      child.stderr.on('data', (chunk: Buffer) => {
        complaints = `${complaints}${chunk}`.slice(-4000)
      })
      const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
      context.after(async () => {
        child.kill('SIGKILL')
        await ended
      })
      await until('HAProxy answers', async () => {
        if (child.exitCode !== null) throw new Error(`HAProxy did not start: ${complaints}`)
        const answer = await fetch(`${publicUrl}/health`).catch(() => undefined)
        // Any answer of a node, not of HAProxy, which says 503 while it knows none.
        return answer?.headers.has('x-node') === true
      })
    },
  }
}
