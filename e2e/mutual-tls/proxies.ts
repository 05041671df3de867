import { debianProgram } from '../debian/debian-program.ts'
import { nginxMainFile } from '../debian/nginx-main-file.ts'
import { startProgram } from './start-program.ts'

/** PEM texts. */
type Issued = { readonly cert: string; readonly key: string }

/** A proxy that ends TLS and passes on the certificates of clients. */
export type TlsProxy = {
  readonly name: string
  /** The header it does that by, as the setting `proxy.certificateHeader` names it. */
  readonly header: string
  readonly skip: string | false
  readonly start: (port: number, upstreamPort: number, certificate: Issued) => Promise<() => Promise<void>>
}

const nginxProgram = await debianProgram({ packages: ['nginx'], program: 'usr/sbin/nginx' })
const haproxyProgram = await debianProgram({ packages: ['haproxy'], program: 'usr/sbin/haproxy' })

export const proxies: readonly TlsProxy[] = [
  {
    name: 'nginx',
    header: 'x-ssl-client-cert',
    skip: nginxProgram.skip,
    start: (port, upstreamPort, { cert, key }) =>
      startProgram({
        path: nginxProgram.path,
        environment: nginxProgram.environment,
        port,
        args: (directory) => ['-e', 'stderr', '-p', directory, '-c', `${directory}/nginx.conf`],
        files: (directory) => ({
          'server.crt': cert,
          'server.key': key,
          'nginx.conf': nginxMainFile(
            directory,
            `server {
        listen 127.0.0.1:${port} ssl;
        ssl_certificate ${directory}/server.crt;
        ssl_certificate_key ${directory}/server.key;
        ssl_verify_client optional_no_ca;
        location / {
            proxy_pass http://127.0.0.1:${upstreamPort};
            proxy_set_header Host $host;
            proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;
        }
    }`,
          ),
        }),
      }),
  },
  {
    name: 'HAProxy',
    header: 'client-cert',
    skip: haproxyProgram.skip,
    start: (port, upstreamPort, { cert, key }) =>
      startProgram({
        path: haproxyProgram.path,
        environment: haproxyProgram.environment,
        port,
        args: (directory) => ['-db', '-f', `${directory}/haproxy.cfg`],
        files: (directory) => ({
          'server.pem': cert + key,
          // HAProxy wants a CA to ask for certificates; which it is does not matter, since Mintmark judges them.
          'any-ca.pem': cert,
          'haproxy.cfg': `
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend tokens
    bind 127.0.0.1:${port} ssl crt ${directory}/server.pem verify optional ca-file ${directory}/any-ca.pem ca-ignore-err all crt-ignore-err all
    http-request del-header Client-Cert
    http-request del-header Client-Cert-Chain
    http-request set-header Client-Cert :%[ssl_c_der,base64]: if { ssl_c_used }
    default_backend mintmark
backend mintmark
    server mintmark 127.0.0.1:${upstreamPort}
`,
        }),
      }),
  },
]
