// Serves the default export of a module, as `bun FILE` and `deno serve FILE` do; for Node, by what Node 20 has.
import { createServer } from 'node:http'
import { Readable } from 'node:stream'

const { default: program } = await import(process.argv[2])

createServer(async (incoming, outgoing) => {
  const headers = new Headers()
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index], incoming.rawHeaders[index + 1])
  }
  const { method } = incoming
  const body = method === 'GET' || method === 'HEAD' ? undefined : Readable.toWeb(incoming)
  const url = `http://${incoming.headers.host}${incoming.url}`
  const response = await program.fetch(new Request(url, { method, headers, body, duplex: 'half' }), {})
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.end(await response.text())
}).listen(Number(process.env.PORT), '127.0.0.1')
