import { createRequire } from 'node:module'
import { Command, Option } from 'commander'
import { cacheFolder, dataFolder } from '../../libs/config/data-folder.js'
import { addDatasets } from './commands/datasets.js'
import { addDemo } from './commands/demo.js'
import { addDownsample } from './commands/downsample.js'
import { addEmbed } from './commands/embed.js'
import { addEnroll } from './commands/enroll.js'
import { addGalleries } from './commands/galleries.js'
import { addMatch } from './commands/match.js'
import { addModels } from './commands/models.js'
import { addSubjects } from './commands/subjects.js'
import { addTrain } from './commands/train.js'
import { addUp } from './commands/up.js'
import { addVerify } from './commands/verify.js'
import { connect } from './connection.js'
import type { GlobalOptions, Run } from './context.js'
import { createOutput } from './output.js'
import { createProgress } from './progress.js'
import type { Terminal } from './terminal.js'

/**
 * @param setExitCode hears the exit code of a command that ended without an error
 * @returns the whole command line; parsing it runs the command
 */
export function createProgram(terminal: Terminal, setExitCode: (code: number) => void): Command {
  const program = new Command('crossres')
    .description('Cross-resolution face recognition: embed, enrol and match faces from 8 px up.')
    .version(packageVersion())
    .addOption(new Option('--address <host:port>', 'talk to this server instead of starting one for the command'))
    .addOption(new Option('--data <folder>', 'where galleries and models are kept (or CROSSRES_DATA)'))
    .option('--json', 'print one JSON document')
    .option('--verbose', 'logs and stack traces on stderr')
    .addHelpText('after', HELP)
    .showHelpAfterError(false)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      // run-cli.ts says it, in the same form as every other error.
      outputError: () => {},
    })
    .exitOverride()

  const run: Run = (work) => {
    return async (...args) => {
      const options = globalOptions(program, terminal)
      const code = await work(
        {
          options,
          terminal,
          output: createOutput(terminal, options.json),
          startProgress: createProgress(terminal),
          signal: terminal.signal,
          withClients: (use) => connect(options, terminal, use),
        },
        ...args,
      )
      if (typeof code === 'number') setExitCode(code)
    }
  }
  const commands = [
    addDemo,
    addEmbed,
    addEnroll,
    addMatch,
    addVerify,
    addDownsample,
    addGalleries,
    addSubjects,
    addModels,
    addDatasets,
    addTrain,
    addUp,
  ]
  for (const add of commands) add(program, run)
  return program
}

function globalOptions(program: Command, { env }: Terminal): GlobalOptions {
  const { address, data, json, verbose } = program.opts<{
    address?: string
    data?: string
    json?: true
    verbose?: true
  }>()
  return {
    ...(address === undefined ? {} : { address }),
    dataFolder: data ?? dataFolder(env),
    cacheFolder: cacheFolder(env),
    json: json ?? false,
    verbose: verbose ?? false,
  }
}

/** package.json is one folder up from the sources, and two up from dist/. */
function packageVersion(): string {
  const require = createRequire(import.meta.url)
  const folder = import.meta.url.endsWith('.ts') ? '../..' : '../../..'
  return (require(`${folder}/package.json`) as { version: string }).version
}

const HELP = `
Without --address a command uses the running \`crossres up\` of the same data folder, or does the work in its own process.

Exit codes: 0 done, 1 the work failed, 2 wrong usage, 3 no server answers.

Examples:
  crossres demo                                         see it work on six photographs
  crossres enroll --gallery staff photos/               one folder for each person
  crossres match --gallery staff --faces whole probe.png
  crossres up --port 50051                              serve all services over gRPC`
