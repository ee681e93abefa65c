// Builds dist/: generated code, TypeScript, and the descriptor set that reflection answers from.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const node = (...args) => {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

node(join(root, 'scripts', 'generate.mjs'))
node(join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json')
copyFileSync(join(root, 'gen', 'image.binpb'), join(root, 'dist', 'gen', 'image.binpb'))
const cli = join(root, 'dist', 'services', 'cli', 'main.js')
if (existsSync(cli)) chmodSync(cli, 0o755)
