import type { AdminClient } from '@mintmark/client/admin'
import {
  type Command,
  defineCommand,
  type Invocation,
  type OperandSpecs,
  type OperandValues,
  type OptionSpecs,
} from './command.ts'
import { connectionOptions } from './connection/connection.ts'
import { withAdmin } from './connection/open-admin.ts'
import { findWorkspace, type Place, workspaceOptions } from './connection/workspace.ts'
import type { ExitCode } from './exit-code.ts'
import { usageFailure } from './failure.ts'

type Connected<O extends OptionSpecs, A extends OperandSpecs> = Invocation<O & typeof connectionOptions, A> & {
  readonly admin: AdminClient
}

type InWorkspace<O extends OptionSpecs, A extends OperandSpecs> = Connected<O & typeof workspaceOptions, A> & {
  readonly place: Place
}

type Definition<O extends OptionSpecs, A extends OperandSpecs, Given> = Omit<Command<O, A>, 'run'> & {
  readonly run: (invocation: Given) => Promise<ExitCode | undefined>
}

/** What cannot be part of a path of the admin API names nothing there. */
const assertIds = (operands: OperandValues<OperandSpecs>): void => {
  for (const [name, value] of Object.entries(operands)) {
    for (const id of typeof value === 'string' ? [value] : (value ?? [])) {
      if (/^\.{0,2}$/.test(id)) throw usageFailure(`"${id}" cannot be ${name.toUpperCase()}`)
    }
  }
}

/** A command that calls the admin API: it has the flags of a connection and is given a client. */
export const adminCommand = <const O extends OptionSpecs, const A extends OperandSpecs>(
  definition: Definition<O, A, Connected<O, A>>,
): Command =>
  defineCommand({
    ...definition,
    options: { ...definition.options, ...connectionOptions },
    run: async (invocation) => {
      assertIds(invocation.operands)
      const connected = invocation as unknown as Invocation<O & typeof connectionOptions, A>
      return withAdmin(invocation.options, invocation.environment, invocation.cwd, (admin) =>
        definition.run({ ...connected, admin }),
      )
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
