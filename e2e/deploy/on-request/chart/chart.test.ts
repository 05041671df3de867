import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { settings } from '@mintmark/server'
import { Ajv } from 'ajv'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { fromGoModule } from '../go-module.ts'
import { pythonTool } from '../python-tool.ts'
import { buildHelm } from './helm.ts'

// Helm renders the chart, and Kubernetes' own schemas judge what it makes: npm test -- --only deployment --timeout 600

const run = promisify(execFile)
const chart = resolve(import.meta.dirname, '../../../../deploy/helm/mintmark')
const kubernetes = ['1.30', '1.37']

const database = 'postgres://mintmark@db.example.com:5432/mintmark?sslmode=verify-full'
const owner = 'postgres://mintmark_owner@db.example.com:5432/mintmark?sslmode=verify-full'

type Values = Readonly<Record<string, unknown>>

/** What everybody must say. */
const least: Values = {
  url: 'https://tokens.example.com',
  store: { url: database, passwordSecret: { name: 'mintmark-database', key: 'server' } },
  migration: { url: owner, passwordSecret: { name: 'mintmark-database', key: 'owner' } },
  masterKey: { existingSecret: 'mintmark-master-key' },
  tls: { existingSecret: 'mintmark-tls' },
}

/** Everything that can be said. */
const most: Values = {
  ...least,
  adminUrl: 'https://tokens-admin.example.com',
  image: { repository: 'registry.example.com/mintmark', digest: `sha256:${'0'.repeat(64)}` },
  imagePullSecrets: [{ name: 'registry' }],
  replicas: 3,
  store: {
    url: 'postgres://mintmark@pooler.example.com:6432/mintmark',
    listenUrl: database,
    passwordSecret: { name: 'mintmark-database', key: 'server' },
    caSecret: { name: 'mintmark-database-ca' },
    connections: 20,
    insecure: true,
  },
  masterKey: { existingSecret: 'mintmark-master-key', key: 'key', previousKey: 'previous' },
  tls: { insecureHttp: true },
  settings: { MINTMARK_AUDIT_RETENTION: '400', MINTMARK_OUTBOUND_CA_FILE: '/cas/ca.crt' },
  data: { persistent: true, size: '2Gi', storageClass: 'fast' },
  extraVolumes: [{ name: 'cas', configMap: { name: 'cas' } }],
  extraVolumeMounts: [{ name: 'cas', mountPath: '/cas', readOnly: true }],
  drain: { delay: 8000, timeout: 20_000 },
  service: {
    type: 'LoadBalancer',
    port: 443,
    annotations: { 'example.com/internal': 'true' },
    loadBalancerClass: 'example.com/lb',
    loadBalancerSourceRanges: ['10.0.0.0/8'],
    externalTrafficPolicy: 'Local',
  },
  managementService: { port: 8443, annotations: { a: 'b' } },
  ingress: {
    enabled: true,
    className: 'nginx',
    hosts: ['tokens.example.com'],
    tlsSecret: 'tokens',
    annotations: { a: 'b' },
  },
  networkPolicy: {
    from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress' } } }],
    managementFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
    egress: [{ ports: [{ port: 5432, protocol: 'TCP' }] }, { ports: [{ port: 53, protocol: 'UDP' }] }],
  },
  serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
  serviceAccount: { annotations: { a: 'b' } },
  podLabels: { team: 'platform' },
  podAnnotations: { a: 'b' },
  nodeSelector: { 'kubernetes.io/arch': 'amd64' },
  tolerations: [{ key: 'a', operator: 'Exists' }],
  affinity: { podAntiAffinity: {} },
  priorityClassName: 'high',
}

/** What cannot be said together with `most`. */
const withCertificates: Values = { ...least, mtls: { enabled: true, url: 'https://mtls.example.com', port: 8443 } }

type Resource = {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> }
  readonly spec: Values
}

const podSpec = ({ spec }: Resource) =>
  (spec.template as { readonly spec: Values }).spec as {
    readonly terminationGracePeriodSeconds?: number
    readonly automountServiceAccountToken: boolean
    readonly securityContext: Values
    readonly containers: readonly [
      {
        readonly env: readonly { readonly name: string; readonly value: string }[]
        readonly securityContext: Values
        readonly volumeMounts: readonly { readonly name: string }[]
      },
    ]
    readonly volumes: readonly { readonly name: string }[]
    readonly nodeSelector?: Values
    readonly tolerations?: readonly Values[]
  }

const hasPods = ({ kind }: Resource): boolean => ['Deployment', 'StatefulSet', 'Job'].includes(kind)

describe('the chart', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-chart-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  let helm = ''
  let files = 0
  before(async () => {
    helm = await buildHelm()
  })

  const valuesFile = (values: Values): string => {
    files += 1
    const file = join(directory, `${files}.yaml`)
    writeFileSync(file, stringify(values))
    return file
  }
  const render = async (values: Values, version = '1.37'): Promise<string> => {
    const args = ['template', 'tokens', chart, '--namespace', 'auth', '--kube-version', version]
    return (await run(helm, [...args, '--values', valuesFile(values)])).stdout
  }
  const resources = async (values: Values): Promise<readonly Resource[]> =>
    parseAllDocuments(await render(values))
      .map((document) => document.toJS() as Resource | null)
      .filter((resource) => resource !== null)
  const only = async (values: Values, kind: string): Promise<Resource> => {
    const found = (await resources(values)).filter((resource) => resource.kind === kind)
    assert.equal(found.length, 1, kind)
    return found[0] as Resource
  }

  for (const [name, values] of [
    ['least', least],
    ['most', most],
    ['other', withCertificates],
  ] as const) {
    test(`helm lint finds nothing, with the ${name} that can be said`, async () => {
      const { stdout } = await run(helm, [
        'lint',
        chart,
        '--strict',
        '--kube-version',
        '1.37',
        '--values',
        valuesFile(values),
      ])
      assert.match(stdout, /1 chart\(s\) linted, 0 chart\(s\) failed/)
    })
    for (const version of kubernetes) {
      test(`Kubernetes ${version} knows every field, with the ${name} that can be said`, async () => {
        const validate = await pythonTool('kubernetes-validate', '1.37.0', 'kubernetes-validate')
        const file = join(directory, `${name}-${version}.yaml`)
        const rendered = await render(values, version)
        writeFileSync(file, rendered)
        const passed = (await validate('--strict', '-k', version, file)).match(/ passed for resource /g)?.length
        const own = rendered.match(/^kind: (?!ServiceMonitor)/gm)?.length
        assert.equal(passed, own)
      })
    }
  }

  test('the Prometheus operator knows every field of the ServiceMonitor', async () => {
    const monitor = await only(most, 'ServiceMonitor')
    const file = 'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml'
    const crd = parse(await fromGoModule('github.com/prometheus-operator/prometheus-operator@v0.85.0', file)) as {
      readonly spec: {
        readonly versions: readonly {
          readonly schema: { readonly openAPIV3Schema: { readonly properties: { readonly spec: object } } }
        }[]
      }
    }
    const schema = crd.spec.versions[0]?.schema.openAPIV3Schema.properties.spec ?? {}
    const check = new Ajv({ strict: false, validateFormats: false }).compile(withoutUnknownFields(schema))
    assert.ok(check(monitor.spec), JSON.stringify(check.errors))
  })

  test('every setting it names is one of the server, and no secret is in the environment', async () => {
    const names = new Set(Object.values(settings).flatMap(({ environment }) => [environment, `${environment}_FILE`]))
    for (const values of [least, most, withCertificates]) {
      for (const resource of (await resources(values)).filter(hasPods)) {
        for (const { name } of podSpec(resource).containers[0].env) assert.ok(names.has(name), name)
      }
      assert.doesNotMatch(await render(values), /secretKeyRef|MINTMARK_(MASTER_KEY|STORE_PASSWORD)\b(?!_)/)
    }
  })

  test('pods keep to the restricted standard, and every volume is used', async () => {
    for (const resource of [...(await resources(least)), ...(await resources(most))].filter(hasPods)) {
      const { securityContext, automountServiceAccountToken, containers, volumes } = podSpec(resource)
      assert.equal(automountServiceAccountToken, false)
      assert.equal(securityContext.runAsNonRoot, true)
      assert.deepEqual(securityContext.seccompProfile, { type: 'RuntimeDefault' })
      assert.deepEqual(containers[0].securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      const { volumeClaimTemplates: claims = [] } = resource.spec as {
        readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[]
      }
      assert.deepEqual(
        containers[0].volumeMounts.map(({ name }) => name),
        [...claims.map(({ metadata }) => metadata.name), ...volumes.map(({ name }) => name)],
      )
    }
  })

  test('a pod has the time to drain that it is told to take', async () => {
    for (const [values, expected] of [
      [least, 25],
      [most, 33],
    ] as const) {
      const kind = values === most ? 'StatefulSet' : 'Deployment'
      assert.equal(podSpec(await only(values, kind)).terminationGracePeriodSeconds, expected)
    }
  })

  test('the schema is migrated before an installation and an upgrade, by another role than the one that serves', async () => {
    const job = await only(least, 'Job')
    assert.equal(job.metadata.annotations?.['helm.sh/hook'], 'pre-install,pre-upgrade')
    const store = (resource: Resource) =>
      podSpec(resource).containers[0].env.find(({ name }) => name === 'MINTMARK_STORE')
    assert.equal(store(job)?.value, owner)
    assert.equal(store(await only(least, 'Deployment'))?.value, database)
  })

  test('what waits in the data directory for the database has room there, and outlives a pod where it must', async () => {
    const { volumes } = podSpec(await only(least, 'Deployment'))
    const [data] = volumes as readonly { readonly emptyDir?: { readonly sizeLimit: string } }[]
    const room = Number.parseInt(data?.emptyDir?.sizeLimit ?? '0', 10)
    assert.ok(room >= 2 * settings.auditSpoolLimit.default)
    const { volumeClaimTemplates } = (await only(most, 'StatefulSet')).spec
    assert.deepEqual(volumeClaimTemplates, [
      {
        metadata: { name: 'data' },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'fast',
          resources: { requests: { storage: '2Gi' } },
        },
      },
    ])
  })

  test('the migration runs where the nodes do', async () => {
    const [job, nodes] = [podSpec(await only(most, 'Job')), podSpec(await only(most, 'StatefulSet'))]
    assert.deepEqual([job.nodeSelector, job.tolerations], [nodes.nodeSelector, nodes.tolerations])
    assert.deepEqual(job.nodeSelector, most.nodeSelector)
  })

  test('the values of the documentation are enough', async () => {
    const page = readFileSync(resolve(chart, '../../../docs/deploy.md'), 'utf8')
    const [, values = ''] = /```yaml\n(.*?)```/s.exec(page) ?? []
    assert.match(await render(parse(values) as Values), /kind: ServiceMonitor/)
  })

  const refused: readonly [string, Values, RegExp][] = [
    ['nothing', {}, /url|store|masterKey/],
    ['a value nobody knows', { ...least, replica: 3 }, /replica/],
    ['a password in the URL of the store', { ...least, store: { url: 'postgres://a:b@c/d' } }, /store\/url/],
    ['neither TLS nor that there is none', { ...least, tls: {} }, /say how the listeners are protected/],
    ['both', { ...least, tls: { existingSecret: 'a', insecureHttp: true } }, /set one/],
    ['a migration without its role', { ...least, migration: { enabled: true } }, /migration\.url/],
    ['a budget that lets no machine be drained', { ...least, replicas: 1 }, /minAvailable must be less than replicas/],
    ['a setting of another program', { ...least, settings: { PATH: '/' } }, /PATH is no setting/],
    [
      'a setting that the chart makes',
      { ...least, settings: { MINTMARK_STORE_PASSWORD: 'secret' } },
      /MINTMARK_STORE_PASSWORD is set by the chart/,
    ],
    ['certificates of clients without TLS', { ...most, mtls: { enabled: true } }, /mtls.enabled needs tls/],
    ['certificates of clients nobody knows where', { ...least, mtls: { enabled: true } }, /mtls\.url/],
    ['an ingress without a host', { ...least, ingress: { enabled: true } }, /hosts/],
  ]
  for (const [name, values, reason] of refused) {
    test(`refused: ${name}`, async () => {
      await assert.rejects(render(values), (error: Error & { readonly stderr?: string }) =>
        reason.test(error.stderr ?? ''),
      )
    })
  }
})

/** Kubernetes drops fields it does not know; here they are an error. */
const withoutUnknownFields = (schema: unknown): object => {
  if (Array.isArray(schema)) return schema.map(withoutUnknownFields)
  if (typeof schema !== 'object' || schema === null) return schema as unknown as object
  const parts = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, withoutUnknownFields(part)]))
  return 'properties' in schema && !('additionalProperties' in schema)
    ? { ...parts, additionalProperties: false }
    : parts
}
