/** Forked: the verifier of `mintmark gateway` over the route table that is the first message; answers with its port. */
import { once } from 'node:events'
import { startGateway } from '@mintmark/gateway'
import type { VerifierReady, VerifierStart } from './verifier-process.ts'

process.on('disconnect', () => process.exit())
const [{ table }] = (await once(process, 'message')) as [VerifierStart]
const { url } = await startGateway({ routes: { text: table } })
process.send?.({ port: Number(new URL(url).port) } satisfies VerifierReady)
