import { gatewayContract } from './contract/gateway-contract.ts'
import { startGuardedWorkspace } from './contract/guarded-workspace.ts'
import { mintmarkProxy, withVerifier } from './fronts.ts'
import { gatewayServers } from './gateway-servers.ts'

// Gateways from Debian, each with its configuration from `deploy/`, in front of an API that knows nothing of tokens.

await gatewayContract([...gatewayServers.map(withVerifier), mintmarkProxy], await startGuardedWorkspace())
