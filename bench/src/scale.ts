import { type ReadyContender, type SeededData, seedMintmark, serveMintmark } from './contenders/mintmark.ts'
import type { Scenario } from './scenarios.ts'

/** How many clients are many. */
export const manyClients = 100_000

/** A server over data that is there already; stopping it leaves the data for the next. */
export const serving = (name: string, data: SeededData): Scenario => ({
  name,
  kind: 'token',
  api: 'es256',
  start: (options) => serveMintmark(data, options),
})

/** The same server with few and with many clients; the ratio of their CPU is what a hundred thousand clients cost a token. */
export type ScaleData = {
  readonly few: Scenario
  readonly many: Scenario
  /** Starts the server with many clients once and says how long it took until ready, in milliseconds. */
  readonly timeReady: () => Promise<number>
  readonly remove: () => Promise<void>
}

/** Registers the clients of both; the caller removes the data. */
export const prepareScale = async (many = manyClients): Promise<ScaleData> => {
  const fewData = await seedMintmark(10)
  try {
    const manyData = await seedMintmark(many)
    return {
      few: serving('mintmark es256, 10 clients', fewData),
      many: serving(`mintmark es256, ${many.toLocaleString('en')} clients`, manyData),
      timeReady: async () => {
        const running: ReadyContender = await serveMintmark(manyData, {})
        await running.stop()
        return running.readyMillis
      },
      remove: async () => {
        await Promise.all([fewData.remove(), manyData.remove()])
      },
    }
  } catch (error) {
    await fewData.remove()
    throw error
  }
}
