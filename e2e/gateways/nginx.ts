import { debianProgram } from '../debian/debian-program.ts'
import { nginxMainFile } from '../debian/nginx-main-file.ts'
import { type GatewayServer, startGatewayServer } from './gateway-server.ts'

const installed = () => debianProgram({ packages: ['nginx'], program: 'usr/sbin/nginx' })

/** nginx from Debian with `deploy/nginx/mintmark.conf`. */
export const nginx: GatewayServer = {
  name: 'nginx',
  statusWithoutVerifier: 503,
  http2: false,
  skip: async () => (await installed()).skip,
  start: (surroundings) =>
    startGatewayServer(surroundings, async ({ directory, place, write }) => {
      const { path, environment } = await installed()
      const file = write('nginx.conf', nginxMainFile(directory, `include ${place('nginx/mintmark.conf')};`))
      return { program: path, args: ['-e', 'stderr', '-p', directory, '-c', file], environment }
    }),
}
