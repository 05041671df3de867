import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { protect } from '@mintmark/resource-server'
import { requireToken } from '@mintmark/resource-server/node-http'
import { discoverAuthorizationServerMetadata } from '@modelcontextprotocol/sdk/client/auth.js'
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { startForStrangers } from './stranger-server.ts'

// The MCP server takes its port first: its URL is the audience its tokens are for (MCP authorization, RFC 8707).
let answer: (request: IncomingMessage, response: ServerResponse) => Promise<void> = async () => {}
const listener = createServer((request, response) => {
  answer(request, response).catch((error: Error) => response.destroy(error))
})
await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
after(() => {
  listener.closeAllConnections()
  listener.close()
})
const base = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
const mcpUrl = `${base}/mcp`

const server = await startForStrangers({
  workspace: 'strangers/mcp',
  settings: {},
  apis: { mcp: { audience: mcpUrl, scopes: [{ name: 'tools:call', description: 'Call tools' }] } },
  clients: {
    agent: {
      capabilities: ['client_credentials'],
      permissions: [{ api: 'mcp', scopes: ['tools:call'], defaultScopes: ['tools:call'] }],
    },
  },
  note: 'an MCP server and its agent',
})

const requests: string[] = []
const metadataPath = '/.well-known/oauth-protected-resource/mcp'
const api = protect({ issuer: server.issuer, audience: mcpUrl, resourceMetadata: `${base}${metadataPath}` })
const tools = requireToken(api, ['tools:call'], async (request, response, token) => {
  const mcp = new McpServer({ name: 'weather', version: '1.0.0' })
  mcp.registerTool('whoami', { description: 'Who calls' }, async () => ({
    content: [{ type: 'text', text: String(token.claims.sub) }],
  }))
  const transport = new StreamableHTTPServerTransport()
  response.on('close', () => void mcp.close())
  await mcp.connect(transport)
  await transport.handleRequest(request, response)
})

/** An MCP server as the specification wants it: 401 names its metadata (RFC 9728), and that names the issuer. */
answer = async (request, response) => {
  requests.push(`${request.method} ${request.url}`)
  if (request.url !== metadataPath) return tools(request, response)
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ resource: mcpUrl, authorization_servers: [server.issuer] }))
}

test('the MCP SDK finds our metadata in every place it looks', async () => {
  const metadata = await discoverAuthorizationServerMetadata(server.issuer)
  assert.equal(metadata?.issuer, server.issuer)
  assert.equal(metadata?.token_endpoint, `${server.issuer}/oauth2/token`)
  const openidOnly = await discoverAuthorizationServerMetadata(server.issuer, {
    fetchFn: async (url, init) =>
      String(url).includes('openid-configuration') ? fetch(url, init) : new Response(null, { status: 404 }),
  })
  assert.equal(openidOnly?.issuer, server.issuer)
})

test('an agent with the MCP SDK finds its way from the 401 of an MCP server to a token, and calls a tool', async () => {
  const authProvider = new ClientCredentialsProvider({
    clientId: 'agent',
    clientSecret: server.secrets.agent ?? '',
    scope: 'tools:call',
    expectedIssuer: server.issuer,
  })
  const agent = new Client({ name: 'agent', version: '1.0.0' })
  await agent.connect(new StreamableHTTPClientTransport(new URL(mcpUrl), { authProvider }))
  const result = await agent.callTool({ name: 'whoami' })
  assert.deepEqual(result.content, [{ type: 'text', text: 'agent' }])
  await agent.close()
  assert.equal(requests[0], 'POST /mcp')
  assert.ok(requests.includes(`GET ${metadataPath}`))
})

test('an agent with a wrong secret is told so', async () => {
  const authProvider = new ClientCredentialsProvider({
    clientId: 'agent',
    clientSecret: 'wrong',
    expectedIssuer: server.issuer,
  })
  const agent = new Client({ name: 'agent', version: '1.0.0' })
  await assert.rejects(agent.connect(new StreamableHTTPClientTransport(new URL(mcpUrl), { authProvider })))
})
