// Generates gen/ from proto/ and libs/onnx/proto/ with buf and ts-proto. Needs no network: both ship inside their npm packages.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const bin = join(root, 'node_modules', '.bin')
const image = join(root, 'gen', 'image.binpb')
const TEMPLATES = ['buf.gen.yaml', 'buf.gen.onnx.yaml']

/** Newest modification time below a folder, in ms since the epoch. */
function newest(folder) {
  return readdirSync(folder, { recursive: true }).reduce(
    (latest, name) => Math.max(latest, statSync(join(folder, name)).mtimeMs),
    0,
  )
}

const inputs = Math.max(
  newest(join(root, 'proto')),
  newest(join(root, 'libs', 'onnx', 'proto')),
  ...TEMPLATES.map((template) => statSync(join(root, template)).mtimeMs),
)
if (existsSync(image) && statSync(image).mtimeMs > inputs) process.exit(0)

rmSync(join(root, 'gen'), { recursive: true, force: true })
mkdirSync(join(root, 'gen'))
const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` }
for (const template of TEMPLATES) {
  execFileSync(join(bin, 'buf'), ['generate', '--template', template], { cwd: root, stdio: 'inherit', env })
}
execFileSync(join(bin, 'buf'), ['build', '-o', image], { cwd: root, stdio: 'inherit', env })
