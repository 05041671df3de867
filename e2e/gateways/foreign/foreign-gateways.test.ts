import { gatewayContract } from '../contract/gateway-contract.ts'
import { startGuardedWorkspace } from '../contract/guarded-workspace.ts'
import { withVerifier } from '../fronts.ts'
import { foreignGatewayServers } from '../gateway-servers.ts'

// Gateways from other languages' registries, held to the same list: npm test -- --only foreign-gateways --timeout 900

const workspace = await startGuardedWorkspace()

for (const server of foreignGatewayServers) await gatewayContract(withVerifier(server), () => workspace)
