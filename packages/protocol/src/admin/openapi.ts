import type { TSchema } from 'typebox'
import { api } from './apis.ts'
import { auditEvent } from './audit.ts'
import { change, draft } from './changes.ts'
import { client } from './clients.ts'
import { committed, difference } from './common.ts'
import { workspaceDocument } from './documents.ts'
import { key } from './keys.ts'
import type { Operation } from './operation.ts'
import { adminPath, operations } from './operations.ts'
import { problem } from './problem.ts'
import { createdSecret, secret, secretInput } from './secrets.ts'
import { tenant } from './tenants.ts'
import { workspace } from './workspaces.ts'

type Json = Readonly<Record<string, unknown>>

/** Schemas that have a name in the document; the others are written where they are used. */
const named: Readonly<Record<string, TSchema>> = {
  Api: api,
  AuditEvent: auditEvent,
  Change: change,
  Client: client,
  Committed: committed,
  CreatedSecret: createdSecret,
  Difference: difference,
  Draft: draft,
  Key: key,
  Problem: problem,
  Secret: secret,
  SecretInput: secretInput,
  Tenant: tenant,
  Workspace: workspace,
  WorkspaceDocument: workspaceDocument,
}

const names = new Map<unknown, string>(Object.entries(named).map(([name, schema]) => [schema, name]))

/** A copy in which named schemas are referred to by their names. */
const withReferences = (value: unknown, definition?: unknown): unknown => {
  const name = value === definition ? undefined : names.get(value)
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` }
  if (Array.isArray(value)) return value.map((item) => withReferences(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([property, member]) => [property, withReferences(member)]))
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly required?: readonly string[]
}

const media = (schema: TSchema): Json => ({ 'application/json': { schema } })

const pathParameters = (path: string): Json[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))

const queryParameters = (query: TSchema | undefined): Json[] => {
  const { properties = {}, required = [] } = (query ?? {}) as ObjectSchema
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

const header = (name: string): Json => ({ $ref: `#/components/parameters/${name}` })

const describe = (operation: Operation): Json => ({
  operationId: operation.name,
  summary: operation.summary,
  tags: [operation.path.split('/').findLast((segment) => segment !== '' && !segment.startsWith('{'))],
  security: [{ administrator: [operation.scope] }],
  parameters: [
    ...pathParameters(operation.path),
    ...queryParameters(operation.query),
    ...(operation.method === 'GET' ? [] : [header('IfMatch'), header('IdempotencyKey')]),
  ],
  ...(operation.input === undefined
    ? {}
    : {
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: operation.input,
              ...(operation.example === undefined ? {} : { example: operation.example }),
            },
          },
        },
      }),
  responses: {
    [operation.status]: { description: 'Done', content: media(operation.result) },
    default: { $ref: '#/components/responses/Problem' },
  },
})

/** The admin API as an OpenAPI 3.1 document, made from the contract. */
export function openApiDocument(): Json {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of Object.values(operations) as readonly Operation[]) {
    const path = `${adminPath}${operation.path}`
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation) }
  }
  const document = {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Mintmark admin API',
      version: 'v1',
      description:
        'Administers tenants, workspaces, APIs and clients. It lies on the management listener and is protected by tokens of the workspace system/admin, got by client credentials. A role is a scope: read, write, secrets for every tenant, or read:{tenant} and so on for one.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://localhost:6750' }],
    paths,
    components: {
      schemas: {},
      parameters: {
        IfMatch: {
          name: 'If-Match',
          in: 'header',
          required: false,
          description: 'The ETag the change was made on: refused with 412 when it is another by now',
          schema: { type: 'string' },
        },
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          description: 'The same key and request answer what they did the first time, for a day, and act once',
          schema: { type: 'string', maxLength: 255 },
        },
      },
      responses: {
        Problem: {
          description: 'Refused (RFC 9457)',
          content: { 'application/problem+json': { schema: problem } },
        },
      },
      securitySchemes: {
        administrator: {
          type: 'oauth2',
          flows: {
            clientCredentials: {
              tokenUrl: 'http://localhost:6750/system/admin/oauth2/token',
              scopes: {
                read: 'See everything, secrets never',
                write: 'Change everything',
                secrets: 'Make and remove credentials',
              },
            },
          },
        },
      },
    },
  }
  const schemas = Object.entries(named).map(([name, schema]) => [name, withReferences(schema, schema)])
  const described = withReferences(document) as { readonly components: Json }
  return { ...described, components: { ...described.components, schemas: Object.fromEntries(schemas) } }
}
