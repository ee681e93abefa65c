import type { Command } from 'commander'
import { parseModelName, versionName } from '../../../libs/models/model-name.js'
import type { Run } from '../context.js'
import { UsageError } from '../failure.js'
import { modelName } from '../resource-names.js'

/** Adds `crossres models promote`. */
export function addModelPromote(models: Command, run: Run): void {
  models
    .command('promote')
    .description('make a version the one that its model’s name stands for; servers warm it up and switch')
    .argument('<version>', 'NAME/versions/VERSION, as `models versions NAME` prints it')
    .option('--expected <version>', 'the version that you believe to replace: another one there is an error')
    .addHelpText('after', HELP)
    .action(
      run(async ({ withClients, output, signal }, name: string, { expected }: { expected?: string }) => {
        const { model, version } = parseModelName(modelName(name))
        if (version === undefined) {
          throw new UsageError(
            `State which version of ${model}: NAME/versions/VERSION; \`crossres models versions ${model}\` shows them.`,
          )
        }
        const expectedVersion = expectedName(model, expected)
        const answer = await withClients(({ trainer }) =>
          trainer.promoteModel({ version: versionName(model, version), expectedVersion }, { signal }),
        )
        const promoted = answer.model?.name ?? versionName(model, version)
        const previous = answer.previousVersion || null
        output.result({ name: promoted, previous }, () =>
          previous === null || previous === promoted
            ? `${promoted} is in use.`
            : `${promoted} is in use, in place of ${previous}.`,
        )
      }),
    )
}

/** Twelve digits alone are a version of the same model. */
function expectedName(model: string, expected = ''): string {
  return /^[0-9a-f]{12}$/.test(expected) ? versionName(model, expected) : modelName(expected)
}

const HELP = `
Galleries of the model are embedded anew in the background, from the pictures that they were enrolled with, and switched when all is
there; \`crossres galleries\` shows how far they are, and why one cannot follow. Galleries made for one version stay on it.

Examples:
  crossres models versions mine
  crossres models promote mine/versions/0123456789ab
  crossres models promote models/mine/versions/0123456789ab --expected ba9876543210`
