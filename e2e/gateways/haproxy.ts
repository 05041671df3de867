import { debianProgram } from '../debian/debian-program.ts'
import {
  type GatewayServer,
  type GatewaySurroundings,
  type RunningGateway,
  startGatewayServer,
} from './gateway-server.ts'

const installed = () => debianProgram({ packages: ['haproxy'], program: 'usr/sbin/haproxy' })

/** @param changed texts of the Lua file to put others in place of */
export const startHaproxy = (
  surroundings: GatewaySurroundings,
  changed: Readonly<Record<string, string>> = {},
): Promise<RunningGateway> =>
  startGatewayServer(surroundings, async ({ place }) => {
    const { path, environment } = await installed()
    const lua = place('haproxy/mintmark.lua', changed)
    const file = place('haproxy/haproxy.cfg', { '/etc/haproxy/mintmark.lua': lua })
    return { program: path, args: ['-f', file], environment }
  })

/** HAProxy from Debian with `deploy/haproxy/`. */
export const haproxy: GatewayServer = {
  name: 'HAProxy',
  statusWithoutVerifier: 503,
  http2: true,
  skip: async () => (await installed()).skip,
  start: (surroundings) => startHaproxy(surroundings),
}
