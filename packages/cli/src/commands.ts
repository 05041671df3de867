import type { Command } from './command.ts'
import { apiCreate } from './commands/api/create.ts'
import { apiDelete } from './commands/api/delete.ts'
import { apiList } from './commands/api/list.ts'
import { apiShow } from './commands/api/show.ts'
import { apiUpdate } from './commands/api/update.ts'
import { apply } from './commands/apply.ts'
import { audit } from './commands/audit.ts'
import { changeCommit } from './commands/change/commit.ts'
import { changeCreate } from './commands/change/create.ts'
import { changeDiff } from './commands/change/diff.ts'
import { changeDiscard } from './commands/change/discard.ts'
import { changeList } from './commands/change/list.ts'
import { changeShow } from './commands/change/show.ts'
import { changeStage } from './commands/change/stage.ts'
import { choices } from './commands/choices.ts'
import { clientCreate } from './commands/client/create.ts'
import { clientDelete } from './commands/client/delete.ts'
import { clientList } from './commands/client/list.ts'
import { clientShow } from './commands/client/show.ts'
import { clientUpdate } from './commands/client/update.ts'
import { clientCertificateAdd } from './commands/client-certificate/add.ts'
import { clientKeyAdd } from './commands/client-key/add.ts'
import { clientKeyGenerate } from './commands/client-key/generate.ts'
import { clientKeyList } from './commands/client-key/list.ts'
import { clientKeyRemove } from './commands/client-key/remove.ts'
import { clientKeyRoll } from './commands/client-key/roll.ts'
import { clientKeyUnfreeze } from './commands/client-key/unfreeze.ts'
import { completion } from './commands/completion.ts'
import { credentialCallers } from './commands/credential/callers.ts'
import { credentialList } from './commands/credential/list.ts'
import { credentialDrain, credentialLive, credentialRetire, credentialStage } from './commands/credential/state.ts'
import { expiring } from './commands/expiring.ts'
import { explain } from './commands/explain.ts'
import { exportWorkspace } from './commands/export.ts'
import { federationAdd } from './commands/federation/add.ts'
import { federationList } from './commands/federation/list.ts'
import { federationRemove } from './commands/federation/remove.ts'
import { help } from './commands/help.ts'
import { incident } from './commands/incident.ts'
import { keyCompromise } from './commands/key/compromise.ts'
import { keyList } from './commands/key/list.ts'
import { keyRotate } from './commands/key/rotate.ts'
import { plan } from './commands/plan.ts'
import { revisionCompare } from './commands/revision/compare.ts'
import { revisionList } from './commands/revision/list.ts'
import { revisionRevert } from './commands/revision/revert.ts'
import { revisionShow } from './commands/revision/show.ts'
import { rotateCancel } from './commands/rotate/cancel.ts'
import { rotateComplete } from './commands/rotate/complete.ts'
import { rotate } from './commands/rotate/start.ts'
import { rotateStatus } from './commands/rotate/status.ts'
import { scan } from './commands/scan.ts'
import { secretAdd } from './commands/secret/add.ts'
import { secretImport } from './commands/secret/import.ts'
import { secretList } from './commands/secret/list.ts'
import { secretRemove } from './commands/secret/remove.ts'
import { secretRotate } from './commands/secret/rotate.ts'
import { tenantCreate } from './commands/tenant/create.ts'
import { tenantList } from './commands/tenant/list.ts'
import { tenantShow } from './commands/tenant/show.ts'
import { tokenGet } from './commands/token/get.ts'
import { tokenInspect } from './commands/token/inspect.ts'
import { tokenRevoke } from './commands/token/revoke.ts'
import { trustCreate } from './commands/trust/create.ts'
import { trustDelete } from './commands/trust/delete.ts'
import { trustTest } from './commands/trust/examine.ts'
import { trustList } from './commands/trust/list.ts'
import { trustShow } from './commands/trust/show.ts'
import { trustUpdate } from './commands/trust/update.ts'
import { version } from './commands/version.ts'
import { webhookCreate } from './commands/webhook/create.ts'
import { webhookDelete } from './commands/webhook/delete.ts'
import { webhookTest } from './commands/webhook/examine.ts'
import { webhookList } from './commands/webhook/list.ts'
import { webhookMessages } from './commands/webhook/messages.ts'
import { webhookResend } from './commands/webhook/resend.ts'
import { webhookRotate } from './commands/webhook/rotate.ts'
import { webhookShow } from './commands/webhook/show.ts'
import { webhookUpdate } from './commands/webhook/update.ts'
import { whoami } from './commands/whoami.ts'
import { workspaceCreate } from './commands/workspace/create.ts'
import { workspaceDelete } from './commands/workspace/delete.ts'
import { workspaceList } from './commands/workspace/list.ts'
import { workspaceShow } from './commands/workspace/show.ts'
import { workspaceUpdate } from './commands/workspace/update.ts'

/** Every command that speaks to a server, or to nobody, one line each, in the order of help and reference. */
export const cliCommands: readonly Command[] = [
  tokenGet,
  tokenInspect,
  tokenRevoke,
  tenantList,
  tenantCreate,
  tenantShow,
  workspaceList,
  workspaceCreate,
  workspaceShow,
  workspaceUpdate,
  workspaceDelete,
  apiList,
  apiCreate,
  apiShow,
  apiUpdate,
  apiDelete,
  clientList,
  clientCreate,
  clientShow,
  clientUpdate,
  clientDelete,
  secretList,
  secretAdd,
  secretRotate,
  secretRemove,
  secretImport,
  clientKeyList,
  clientKeyAdd,
  clientKeyGenerate,
  clientKeyRemove,
  clientKeyRoll,
  clientKeyUnfreeze,
  clientCertificateAdd,
  credentialList,
  credentialCallers,
  credentialStage,
  credentialLive,
  credentialDrain,
  credentialRetire,
  rotate,
  rotateStatus,
  rotateComplete,
  rotateCancel,
  trustList,
  trustCreate,
  trustShow,
  trustUpdate,
  trustDelete,
  trustTest,
  federationList,
  federationAdd,
  federationRemove,
  expiring,
  webhookList,
  webhookCreate,
  webhookShow,
  webhookUpdate,
  webhookDelete,
  webhookRotate,
  webhookTest,
  webhookMessages,
  webhookResend,
  keyList,
  keyRotate,
  keyCompromise,
  changeList,
  changeCreate,
  changeStage,
  changeShow,
  changeDiff,
  changeCommit,
  changeDiscard,
  revisionList,
  revisionShow,
  revisionCompare,
  revisionRevert,
  plan,
  apply,
  exportWorkspace,
  audit,
  explain,
  scan,
  incident,
  whoami,
  choices,
  help,
  completion,
  version,
]
