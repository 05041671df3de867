/** A node that says, twenty times a second, whether it leads. */
import { openStore } from '../../src/store/stores.ts'

const store = await openStore(process.argv[2] ?? '', '')
setInterval(() => process.stdout.write(`${store.leads()}\n`), 50)
