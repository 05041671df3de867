import { debianProgram } from '../debian/debian-program.ts'
import { type GatewayServer, startGatewayServer } from './gateway-server.ts'

const installed = () => debianProgram({ packages: ['nginx'], program: 'usr/sbin/nginx' })

/** What `/etc/nginx/nginx.conf` is on a server: it includes the file of `deploy/`. */
const mainFile = (directory: string, included: string) => `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr warn;
events {}
http {
    access_log off;
    client_body_temp_path ${directory}/client-body;
    proxy_temp_path ${directory}/proxy;
    fastcgi_temp_path ${directory}/fastcgi;
    uwsgi_temp_path ${directory}/uwsgi;
    scgi_temp_path ${directory}/scgi;
    include ${included};
}
`

/** nginx from Debian with `deploy/nginx/mintmark.conf`. */
export const nginx: GatewayServer = {
  name: 'nginx',
  statusWithoutVerifier: 503,
  http2: false,
  skip: async () => (await installed()).skip,
  start: (surroundings) =>
    startGatewayServer(surroundings, async ({ directory, place, write }) => {
      const { path, environment } = await installed()
      const file = write('nginx.conf', mainFile(directory, place('nginx/mintmark.conf')))
      return { program: path, args: ['-e', 'stderr', '-p', directory, '-c', file], environment }
    }),
}
