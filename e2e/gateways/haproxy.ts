import { debianProgram } from '../debian/debian-program.ts'
import { type GatewayServer, startGatewayServer } from './gateway-server.ts'

const installed = () => debianProgram({ packages: ['haproxy'], program: 'usr/sbin/haproxy' })

/** HAProxy from Debian with `deploy/haproxy/`. */
export const haproxy: GatewayServer = {
  name: 'HAProxy',
  statusWithoutVerifier: 503,
  http2: true,
  skip: async () => (await installed()).skip,
  start: (surroundings) =>
    startGatewayServer(surroundings, async ({ place }) => {
      const { path, environment } = await installed()
      const lua = place('haproxy/mintmark.lua')
      const file = place('haproxy/haproxy.cfg', { '/etc/haproxy/mintmark.lua': lua })
      return { program: path, args: ['-f', file], environment }
    }),
}
