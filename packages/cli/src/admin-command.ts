import type { AdminClient } from '@mintmark/client/admin'
import { type Command, defineCommand, type Invocation, type OperandSpecs, type OptionSpecs } from './command.ts'
import { connectionOptions } from './connection/connection.ts'
import { openAdmin } from './connection/open-admin.ts'
import { findWorkspace, type Place, workspaceOptions } from './connection/workspace.ts'
import type { ExitCode } from './exit-code.ts'

type Connected<O extends OptionSpecs, A extends OperandSpecs> = Invocation<O & typeof connectionOptions, A> & {
  readonly admin: AdminClient
}

type InWorkspace<O extends OptionSpecs, A extends OperandSpecs> = Connected<O & typeof workspaceOptions, A> & {
  readonly place: Place
}

type Definition<O extends OptionSpecs, A extends OperandSpecs, Given> = Omit<Command<O, A>, 'run'> & {
  readonly run: (invocation: Given) => Promise<ExitCode | undefined>
}

/** A command that calls the admin API: it has the flags of a connection and is given a client. */
export const adminCommand = <const O extends OptionSpecs, const A extends OperandSpecs>(
  definition: Definition<O, A, Connected<O, A>>,
): Command =>
  defineCommand({
    ...definition,
    options: { ...definition.options, ...connectionOptions },
    run: async (invocation) => {
      const admin = openAdmin(invocation.options, invocation.environment, invocation.cwd)
      return definition.run({ ...(invocation as unknown as Invocation<O & typeof connectionOptions, A>), admin })
    },
  })

/** A command about one workspace: as {@link adminCommand}, and it is given which one. */
export const workspaceCommand = <const O extends OptionSpecs, const A extends OperandSpecs>(
  definition: Definition<O, A, InWorkspace<O, A>>,
): Command =>
  adminCommand({
    ...definition,
    options: { ...definition.options, ...workspaceOptions },
    run: async (invocation) => {
      const place = await findWorkspace(invocation.options.workspace, invocation.environment, invocation.admin)
      return definition.run({ ...(invocation as unknown as Connected<O & typeof workspaceOptions, A>), place })
    },
  })
