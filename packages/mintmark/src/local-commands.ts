import { createServerCommands, runServerCommand, type Terminal } from '@mintmark/server/bin'
import { dev } from './dev.ts'
import { gateway } from './gateway/gateway.ts'
import { gatewayBeside } from './gateway/gateway-beside.ts'
import { gatewayCheck } from './gateway/gateway-check.ts'
import { gatewayTest } from './gateway/gateway-test.ts'
import { proxy } from './gateway/proxy.ts'

/** Commands that run on the server's own machine. */
export const localCommands = [dev, ...createServerCommands(gatewayBeside), gateway, gatewayCheck, gatewayTest, proxy]

const terminal: Terminal = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  environment: process.env,
  interactive: process.stdout.isTTY === true,
}

export const isLocalCommand = (args: readonly string[]): boolean =>
  localCommands.some(({ name }) => name.split(' ').every((word, index) => args[index] === word))

/** @returns the exit code */
export const runLocalCommand = async (args: readonly string[]): Promise<number> =>
  (await runServerCommand(args, terminal, localCommands)) ?? 2
