import { openConnection } from './connection.ts'
import { isDamage } from './corruption.ts'
import { damagedExitCode, findDamage } from './integrity.ts'

/** Checks the database named by the first argument; what is wrong with it goes to standard output. */
const connection = openConnection(process.argv[2] ?? '', { readOnly: true })
let damage: string | undefined
try {
  damage = findDamage(connection)
} catch (error) {
  // Busy, or a reading error of the system: no verdict on the database.
  if (!isDamage(error)) throw error
  damage = (error as Error).message
}
if (damage !== undefined) {
  process.stdout.write(damage)
  process.exitCode = damagedExitCode
}
