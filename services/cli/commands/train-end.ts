import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { JobState } from '../../../gen/crossres/v1/common.js'
import type { Training } from '../../../gen/crossres/v1/trainer.js'
import { pathOfKey } from '../../../libs/objects/key-path.js'
import type { CommandContext, GlobalOptions } from '../context.js'
import { EXIT_CODE } from '../failure.js'
import { lastSegment } from '../resource-names.js'
import { trainingDocument, validationText } from './train-text.js'

/**
 * Tells how a training has ended.
 * @returns what the command is to exit with: failed where there is no result
 */
export async function reportEnd({ options, output }: CommandContext, training: Training): Promise<number> {
  const page = await pageOf(options, training)
  output.result({ ...trainingDocument(training), page }, () => text(training, page))
  const { state, error } = training
  if (error) output.note(`error: ${error.message} (${error.reason})`)
  return state === JobState.SUCCEEDED ? EXIT_CODE.ok : EXIT_CODE.failed
}

/** Where the run left its page; null where that is not on this machine. */
async function pageOf({ address, dataFolder }: GlobalOptions, { name }: Training): Promise<string | null> {
  if (address !== undefined) return null
  const file = join(dataFolder, 'objects', ...pathOfKey(`${name}/report.html`))
  return access(file).then(
    () => pathToFileURL(file).href,
    () => null,
  )
}

function text(training: Training, page: string | null): string {
  const { name, state, config, progress, resultVersion } = training
  const id = lastSegment(name)
  const best = progress?.best
  const figures = [
    ...(best ? [`Best validation: TAR at FAR 1e-2: ${validationText(best)}`] : []),
    ...(progress && progress.skippedImages > 0n
      ? [`Left out: ${progress.skippedImages} images that cannot be read`]
      : []),
    `Page: ${page ?? `${name}/report.html in the object store of the server`}`,
  ]
  if (state !== JobState.SUCCEEDED) {
    const how = state === JobState.CANCELLED ? 'was cancelled' : 'failed'
    return [
      `${name} ${how} after step ${progress?.step ?? 0}.`,
      ...figures,
      `It goes on with: crossres train resume ${id}`,
    ].join('\n')
  }
  const [base, result] = [config?.baseModel ?? '', resultVersion].map((version) => version.replace(/^models\//, ''))
  return [
    `Result: ${resultVersion}`,
    ...figures,
    ...(best?.step === 0n ? ['No validation was better than that of the start, whose weights the result has.'] : []),
    '',
    'What moved, and at which resolution:',
    `  crossres models diff ${base} ${result} --faces FOLDER`,
    'To use it under its name from now on:',
    `  crossres models promote ${result}`,
  ].join('\n')
}
