import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { runCli } from '../../services/cli/run-cli.js'
import { createCli } from './cli-process.js'

// Nothing here gets as far as a data folder.
const env = { CROSSRES_DATA: join(tmpdir(), 'crossres-cli-usage-unused') }
const cli = createCli(env)

/** Runs a command line in this process: forty of their own would take a minute. */
async function inProcess(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const said = Promise.all([text(stdout), text(stderr)])
  const streams = { stdout, stderr } as unknown as Pick<NodeJS.Process, 'stdout' | 'stderr'>
  const code = await runCli(args, { env, ...streams, signal: new AbortController().signal })
  stdout.end()
  stderr.end()
  const [out, err] = await said
  return { code, stdout: out, stderr: err }
}

describe('the command line', () => {
  it('explains every command with examples', async () => {
    const help = await cli.run('--help')
    expect(help).toMatchObject({ code: 0, stderr: '' })
    const commands = commandsOf(help.stdout)
    expect(commands.sort()).toEqual(
      'calibrate datasets demo downsample embed enroll evaluate events galleries help match metrics models report subjects train up verify'.split(
        ' ',
      ),
    )
    for (const command of commands.filter((name) => name !== 'help')) {
      const { code, stdout } = await inProcess(command, '--help')
      expect(code).toBe(0)
      expect(stdout).toContain('Examples:')
      expect(stdout).toContain('--address')
    }
  })

  it('knows its version', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(await cli.run('--version')).toMatchObject({ code: 0, stdout: `${version}\n` })
  })

  it.each([
    [[]],
    [['unknown']],
    [['embed']],
    [['embed', '--what', 'x.jpg']],
    [['embed', 'x.jpg', '--faces', 'some']],
    [['embed', 'x.jpg', '--true-resolution', '0']],
    [['match', 'x.jpg']],
    [['match', '--gallery', 'g', '--threshold', '0.5', '--fmr', '0.1', 'x.jpg']],
    [['verify', 'x.jpg']],
    [['models', 'import', 'x.onnx', '--name', 'x', '--preset', 'none']],
    [['up', '--host', '0.0.0.0']],
    [['up', '--host', '192.168.1.5', '--port', '70000']],
  ])('exits with 2 for %j', async (args) => {
    const { code, stdout, stderr } = await inProcess(...args)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(args.length === 0 ? /^Usage: crossres/ : /^error: [^\n]+\n$/)
  })

  it('says with --json on stdout, too, what is wrong', async () => {
    const refused = await cli.run('up', '--host', '0.0.0.0', '--json')
    expect(refused.json().error).toMatchObject({ reason: 'ADDRESS_INSECURE' })
    expect(refused.json().error.message).toContain('--insecure')
    expect((await cli.run('embed', '--json')).json().error.reason).toBe('USAGE')
  })

  it('exits with 3 where no server answers', async () => {
    const answer = await cli.run('galleries', '--address', '127.0.0.1:9', '--json')
    expect(answer.code).toBe(3)
    expect(answer.json().error).toMatchObject({ status: 'UNAVAILABLE', reason: 'SERVER_UNREACHABLE' })
    expect(answer.stderr).toMatch(/^error: No crossres server answers at 127.0.0.1:9: [^\n]+\n$/)
  })

  it('ends quietly when its reader has read enough', () => {
    const command = `set -o pipefail; '${process.execPath}' '${cli.entry}' --help | true`
    const { status, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})

/** Names of the commands that a help text lists. */
function commandsOf(help: string): string[] {
  const [, section = ''] = /^Commands:\n([\s\S]*?)\n\n/m.exec(help) ?? []
  return [...section.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name as string)
}
