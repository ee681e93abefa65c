import { Command, Option } from 'commander'
import { cacheFolder, dataFolder } from '../../libs/config/data-folder.js'
import { softwareVersion } from '../../libs/config/software-version.js'
import { addCalibrate } from './commands/calibrate.js'
import { addDatasets } from './commands/datasets.js'
import { addDemo } from './commands/demo.js'
import { addDownsample } from './commands/downsample.js'
import { addEmbed } from './commands/embed.js'
import { addEnroll } from './commands/enroll.js'
import { addEvaluate } from './commands/evaluate.js'
import { addEvents } from './commands/events.js'
import { addGalleries } from './commands/galleries.js'
import { addMatch } from './commands/match.js'
import { addMetrics } from './commands/metrics.js'
import { addModels } from './commands/models.js'
import { addReport } from './commands/report.js'
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
    .version(softwareVersion())
    .addOption(new Option('--address <host:port>', 'talk to this server instead of starting one for the command'))
    .addOption(new Option('--data <folder>', 'where galleries and models are kept (or CROSSRES_DATA)'))
    .option('--json', 'print one JSON document')
    .option('--verbose', 'logs and stack traces on stderr')
    .addHelpText('after', HELP)
    .showHelpAfterError(false)
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: true, visibleGlobalOptions: globalOptionsOf })
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      // run-cli.ts says it, in the same form as every other error.
      outputError: () => {},
    })
    .exitOverride()

  const run: Run = (work) => {
    return async (...args) => {
      const options = globalOptions(args.at(-1) as Command, terminal)
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
    addEvaluate,
    addReport,
    addCalibrate,
    addMetrics,
    addEvents,
    addUp,
  ]
  for (const add of commands) add(program, run)
  for (const command of leavesOf(program)) acceptGlobalOptions(command, program)
  return program
}

const leavesOf = (command: Command): readonly Command[] =>
  command.commands.length > 0 ? command.commands.flatMap(leavesOf) : [command]

/**
 * Global options may stand behind a command as well, unless it has one of that name itself: `train --data` are faces, and the data
 * folder is then named before the command.
 */
function acceptGlobalOptions(command: Command, program: Command): void {
  const own = new Set(command.options.map(({ long }) => long))
  for (const { flags, description, long } of program.options) {
    if (long !== '--version' && !own.has(long)) command.addOption(new Option(flags, description).hideHelp())
  }
}

/** What help lists as global: not what the command understands as something else. */
function globalOptionsOf(command: Command): Option[] {
  const own = new Set(command.options.filter(({ hidden }) => !hidden).map(({ long }) => long))
  const ancestors: Command[] = []
  for (let above = command.parent; above; above = above.parent) ancestors.push(above)
  return ancestors.flatMap(({ options }) => options).filter(({ hidden, long }) => !hidden && !own.has(long))
}

interface GlobalFlags {
  readonly address?: string
  readonly data?: string
  readonly json?: true
  readonly verbose?: true
}

/** The flags before the command, and those behind it that are not its own. */
function globalFlags(command: Command): GlobalFlags {
  if (command.parent === null) return command.opts<GlobalFlags>()
  const copies = command.options.filter(({ hidden }) => hidden).map((option) => option.attributeName())
  const behind = Object.entries(command.opts()).filter(([name]) => copies.includes(name))
  return { ...globalFlags(command.parent), ...Object.fromEntries(behind) }
}

function globalOptions(command: Command, { env }: Terminal): GlobalOptions {
  const { address, data, json, verbose } = globalFlags(command)
  return {
    ...(address === undefined ? {} : { address }),
    dataFolder: data ?? dataFolder(env),
    cacheFolder: cacheFolder(env),
    json: json ?? false,
    verbose: verbose ?? false,
  }
}

const HELP = `
Without --address a command uses the running \`crossres up\` of the same data folder, or does the work in its own process.

Exit codes: 0 done, 1 the work failed, 2 wrong usage, 3 no server answers.

Examples:
  crossres demo                                         see it work on six photographs
  crossres enroll --gallery staff photos/               one folder for each person
  crossres match --gallery staff --faces whole probe.png
  crossres up --port 50051                              serve all services over gRPC`
