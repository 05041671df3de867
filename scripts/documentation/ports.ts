import { createServer } from 'node:net'

/** The ports that pages name, by the environment variable that moves each. */
const defaultPorts = {
  public: 6749,
  admin: 6750,
  weather: 6751,
  gateway: 6752,
  weatherWebsite: 6755,
  mtls: 6756,
  proxy: 6753,
  proxyOperations: 6754,
  secondNode: 6759,
  secondNodeAdmin: 6760,
  postgres: 5432,
  api: 8080,
  tls: 8443,
} as const

export type Ports = {
  /** A page's text with its ports replaced by those of this run. */
  readonly toRun: (text: string) => string
  /** Printed text with the ports of this run replaced by those of the page. */
  readonly toPage: (text: string) => string
  /** The port of this run for one of the page. */
  readonly at: (name: keyof typeof defaultPorts) => number
}

/** How many ports a page may take, some of which others may have. */
const portsOfPage = 20

/**
 * Finds free ports of four digits, so that whatever is laid out in columns stays so.
 * @param place of the page among those that run at the same time: a port that is free now may be one that another of them is about to take
 */
export const choosePorts = async (place: number): Promise<Ports> => {
  const chosen = new Map<number, number>()
  let candidate = 7000 + (place % 100) * portsOfPage
  for (const page of Object.values(defaultPorts)) {
    while (!(await isFree(candidate))) candidate++
    chosen.set(page, candidate++)
  }
  const back = new Map([...chosen].map(([page, run]) => [run, page]))
  const replace = (text: string, ports: ReadonlyMap<number, number>) =>
    text.replace(/(?<![\w.-])\d{4}(?![\w-])/g, (digits) => String(ports.get(Number(digits)) ?? digits))
  return {
    toRun: (text) => replace(text, chosen),
    toPage: (text) => replace(text, back),
    at: (name) => chosen.get(defaultPorts[name]) ?? defaultPorts[name],
  }
}

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
