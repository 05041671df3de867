import { gatewayContract } from '../contract/gateway-contract.ts'
import { startGuardedWorkspace } from '../contract/guarded-workspace.ts'
import { withVerifier } from '../fronts.ts'
import { foreignGatewayServers } from '../gateway-servers.ts'

// Gateways from other registries, held to the same list: npm test -- --only foreign-gateways --timeout 600

const fronts = foreignGatewayServers.map(withVerifier)
await gatewayContract(fronts, await startGuardedWorkspace())
