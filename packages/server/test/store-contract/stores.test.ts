import { runContract } from './contract.ts'
import { engines } from './engines.ts'

for (const engine of engines) runContract(engine)
