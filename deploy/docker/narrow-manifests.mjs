// Leaves in the manifests what the image is built of: the command and what it needs, and the compiler. The lock file stays as it
// is, and npm ci installs what it says. Run in a copy of the repository: it writes package.json.
import { readFileSync, writeFileSync } from 'node:fs'

const workspaces = ['packages/*', 'examples/weather-api']
const forBuilding = /^(typescript|@types\/node)$/

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const tools = Object.entries(manifest.devDependencies).filter(([name]) => forBuilding.test(name))
const narrow = { ...manifest, workspaces, devDependencies: Object.fromEntries(tools) }
writeFileSync('package.json', `${JSON.stringify(narrow, null, 2)}\n`)
