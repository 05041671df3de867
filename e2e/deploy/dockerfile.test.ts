import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { createContextFilter, pairsOf, parseDockerfile, wordsOf } from './on-request/image/dockerfile.ts'

const repository = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(repository, path), 'utf8')
const stages = parseDockerfile(read('deploy/docker/Dockerfile'))
const last = stages.at(-1)
const argumentOf = (name: string): string => last?.instructions.find((each) => each.name === name)?.value ?? ''

test('the image is made on the Node that package.json pins', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } }
  for (const { image } of stages) assert.equal(image, `node:${devDependencies.node}-bookworm-slim`)
})

test('the image runs the command as a user that is a number, as Kubernetes needs it, and checks its own health', () => {
  assert.equal(argumentOf('USER'), '1000:1000')
  assert.deepEqual(wordsOf(argumentOf('ENTRYPOINT')), ['mintmark'])
  assert.deepEqual(wordsOf(argumentOf('CMD')), ['serve'])
  assert.match(argumentOf('HEALTHCHECK'), /CMD \["mintmark", "health"\]$/)
  const environment = Object.fromEntries(pairsOf(argumentOf('ENV')))
  assert.equal(environment.MINTMARK_DATA_DIR, argumentOf('VOLUME'))
})

test('the builder is sent what it needs, and no secrets, data, history or what was installed', () => {
  const isSent = createContextFilter(read('deploy/docker/Dockerfile.dockerignore'))
  const sent = [
    ...['package.json', 'package-lock.json', 'tsconfig.base.json', 'LICENSE', '.npmrc'],
    ...['packages/server/src/bin.ts', 'packages/server/package.json', 'packages/mintmark/bin/mintmark.js'],
    ...['examples/weather-api/src/main.ts', 'deploy/docker/narrow-manifests.mjs'],
  ]
  const kept = [
    ...['.git/config', 'mintmark-data/master-key', 'node_modules/pg/index.js', 'packages/server/node_modules/x/y.js'],
    ...['packages/server/dist/bin.js', 'e2e/package.json', 'examples/weather-website/package.json', 'README.md'],
    ...['packages/server/.env', 'packages/x/mintmark-data/mintmark.sqlite', 'deploy/compose/secrets/master-key'],
  ]
  for (const path of sent) assert.ok(isSent(path), path)
  for (const path of kept) assert.ok(!isSent(path), path)
})

test('a Dockerfile with more than the tests do is an error', () => {
  assert.throws(() => parseDockerfile('FROM a\nADD x y\n'), /not covered: ADD x y/)
  assert.deepEqual(parseDockerfile(['# a', 'ARG V=1', `FROM a:$${'{V}'} AS b`, 'RUN x \\', '  && y'].join('\n')), [
    { image: 'a:1', name: 'b', instructions: [{ name: 'RUN', value: 'x && y' }] },
  ])
})
