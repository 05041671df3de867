import { testOnVersion } from './keep-contract.ts'

await testOnVersion(16)
