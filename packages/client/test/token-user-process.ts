import { createInterface } from 'node:readline'
import { tokenSource } from '../src/index.ts'
import { fileTokenCache } from '../src/node/index.ts'

/** Prints a token for every line it reads: `token` gets one, `renew` says that the last one was refused. */
const [tokenEndpoint = '', directory = '', secret = ''] = process.argv.slice(2)
const source = tokenSource({
  tokenEndpoint,
  clientId: 'weather-website',
  credential: secret,
  scope: 'weather:read',
  cache: fileTokenCache({ directory }),
  onEvent: (event) => {
    if (event.type === 'cache-failed') console.log(String(event.error))
  },
})
let last = await source.token()
console.log(last.value)
for await (const line of createInterface({ input: process.stdin })) {
  last = line === 'renew' ? await source.renewToken(last) : await source.token()
  console.log(last.value)
}
