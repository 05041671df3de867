import { debianProgram } from '../debian/debian-program.ts'
import { type GatewayServer, startGatewayServer } from './gateway-server.ts'

const installed = () => debianProgram({ packages: ['caddy'], program: 'usr/bin/caddy' })

/** Caddy from Debian with `deploy/caddy/Caddyfile`. */
export const caddy: GatewayServer = {
  name: 'Caddy',
  statusWithoutVerifier: 503,
  http2: false,
  skip: async () => (await installed()).skip,
  start: (surroundings) =>
    startGatewayServer(surroundings, async ({ directory, place, write }) => {
      const { path, environment } = await installed()
      // Caddy's own admin interface would take a port of the machine.
      const main = write('main', `{\n\tadmin off\n}\nimport ${place('caddy/Caddyfile')}\n`)
      return {
        program: path,
        args: ['run', '--adapter', 'caddyfile', '--config', main],
        environment: { ...environment, XDG_CONFIG_HOME: directory, XDG_DATA_HOME: directory },
      }
    }),
}
