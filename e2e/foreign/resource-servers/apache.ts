import { spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after } from 'node:test'
import { freePort } from '../../../packages/server/test/free-port.ts'
import { type DebianProgram, debianProgram } from '../../debian/debian-program.ts'

/** Apache with both modules that check access tokens, from Debian. */
export const findApache = (): Promise<DebianProgram> =>
  debianProgram({
    packages: ['apache2-bin', 'libapache2-mod-oauth2', 'libapache2-mod-auth-openidc'],
    program: 'usr/sbin/apache2',
    files: ['usr/lib/apache2/modules/mod_oauth2.so', 'usr/lib/apache2/modules/mod_auth_openidc.so'],
  })

/** One virtual host: the server's directives, and those of each protected path. */
export type VirtualHost = {
  readonly directives: readonly string[]
  /** PEM file with the certificate of the authorization server, for those modules that can be given one. */
  readonly trusted?: string
  readonly locations: Readonly<Record<string, readonly string[]>>
}

const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'headers', 'auth_openidc', 'oauth2']

/**
 * Starts Apache until the test file ends. Every path answers 200 with the header `client`, the user that its module found.
 * @returns the URLs of the virtual hosts, without a slash at the end
 */
export const startApache = async <Name extends string>(
  apache: DebianProgram,
  hosts: Readonly<Record<Name, VirtualHost>>,
): Promise<Readonly<Record<Name, string>>> => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-apache-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  // Its children may run as another user.
  chmodSync(directory, 0o755)
  const documents = join(directory, 'documents')
  const urls: Record<string, string> = {}
  const sections: string[] = []
  for (const [name, { directives, trusted, locations }] of Object.entries<VirtualHost>(hosts)) {
    const port = await freePort()
    urls[name] = `http://127.0.0.1:${port}`
    sections.push(`Listen 127.0.0.1:${port}`, `<VirtualHost 127.0.0.1:${port}>`, ...directives)
    if (trusted !== undefined) {
      const readable = join(directory, `${port}.pem`)
      copyFileSync(trusted, readable)
      chmodSync(readable, 0o644)
      sections.push(`OIDCCABundlePath "${readable}"`)
    }
    for (const [path, inside] of Object.entries(locations)) {
      mkdirSync(join(documents, path), { recursive: true })
      writeFileSync(join(documents, path, 'index'), 'let in\n')
      sections.push(`<Location "/${path}/">`, ...inside, 'Header set client "expr=%{REMOTE_USER}"', '</Location>')
    }
    sections.push('</VirtualHost>')
  }
  const configuration = [
    `ServerRoot "${directory}"`,
    'ServerName localhost',
    'PidFile pid',
    `DefaultRuntimeDir "${directory}"`,
    'Mutex pthread default',
    // Node's pipes are sockets, which Apache cannot open by name.
    'ErrorLog "|/bin/cat"',
    ...(process.getuid?.() === 0 ? ['User nobody', 'Group #65534'] : []),
    ...modules.map((name) => `LoadModule ${name}_module "${apache.root}/usr/lib/apache2/modules/mod_${name}.so"`),
    `DocumentRoot "${documents}"`,
    ...sections,
    '',
  ]
  const file = join(directory, 'apache.conf')
  writeFileSync(file, configuration.join('\n'))

  const running = spawn(apache.path, ['-f', file, '-DFOREGROUND'], {
    env: { ...process.env, ...apache.environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  after(() => {
    running.kill('SIGTERM')
    return new Promise((resolve) => (running.exitCode === null ? running.once('exit', resolve) : resolve(undefined)))
  })
  await new Promise<void>((resolve, reject) => {
    running.once('error', reject)
    running.once('exit', (code) => reject(new Error(`Apache ended with exit code ${code}`)))
    createInterface(running.stdout).on('line', (line) => {
      console.log(line)
      if (line.includes('resuming normal operations')) resolve()
    })
  })
  return urls as Record<Name, string>
}
