import type { Command } from 'commander'
import type { Training } from '../../../gen/crossres/v1/trainer.js'
import { DomainError } from '../../../libs/config/domain-error.js'
import type { Clients } from '../../../libs/rpc/client.js'
import { serverAddress } from '../connection.js'
import type { CommandContext, Run } from '../context.js'
import { allPages } from '../pages.js'
import { lastSegment, trainingName } from '../resource-names.js'
import { reportEnd } from './train-end.js'
import { followTraining } from './train-follow.js'
import { hasEnded, listText, trainingDocument, trainingText } from './train-text.js'

const ID = 'a training, as `train list` prints it'

/** Adds `crossres train list|get|watch|cancel|resume`. */
export function addTrainRuns(train: Command, run: Run): void {
  train
    .command('list')
    .description('list all trainings, newest first')
    .action(
      run(async ({ withClients, output, signal }) => {
        const all = await withClients(({ trainer }) =>
          allPages(async (page) => {
            const { trainings: items, nextPageToken } = await trainer.listTrainings(page, { signal })
            return { items, nextPageToken }
          }),
        )
        output.result({ trainings: all.map(trainingDocument) }, () => listText(all))
      }),
    )

  train
    .command('get')
    .description('show one training')
    .argument('<id>', ID)
    .action(
      run(async ({ withClients, output, signal }, id: string) => {
        const training = await withClients(async ({ trainer }) =>
          described(await trainer.getTraining({ name: trainingName(id) }, { signal })),
        )
        output.result(trainingDocument(training), () => trainingText(training))
      }),
    )

  train
    .command('watch')
    .description('watch a training until it ends')
    .argument('<id>', ID)
    .action(run((context, id: string) => follow(context, id, watchable)))

  train
    .command('cancel')
    .description('stop a training after its present step, with a checkpoint')
    .argument('<id>', ID)
    .action(
      run(async ({ withClients, output, signal }, id: string) => {
        const training = await withClients(async ({ trainer }) =>
          described(await trainer.cancelTraining({ name: trainingName(id) }, { signal })),
        )
        output.result(trainingDocument(training), () =>
          hasEnded(training)
            ? `${training.name} is cancelled. It goes on with: crossres train resume ${lastSegment(training.name)}`
            : `${training.name} stops after its present step.`,
        )
      }),
    )

  train
    .command('resume')
    .description('go on with a training that failed or was stopped, at its last checkpoint, and watch it')
    .argument('<id>', ID)
    .action(
      run((context, id: string) =>
        follow(context, id, async ({ trainer }, name) =>
          described(await trainer.resumeTraining({ name }, { signal: context.signal })),
        ),
      ),
    )
}

/** @param begin makes sure that somebody works on the training */
async function follow(
  context: CommandContext,
  id: string,
  begin: (clients: Clients, name: string, ownProcess: boolean) => Promise<unknown>,
): Promise<number> {
  const ownProcess = (await serverAddress(context.options)) === undefined
  const name = trainingName(id)
  const ended = await context.withClients(async (clients) => {
    await begin(clients, name, ownProcess)
    return followTraining(context, clients, name, ownProcess)
  })
  return reportEnd(context, ended)
}

/** A server of this command's own works on nothing: it would be watched for ever. */
async function watchable({ trainer }: Clients, name: string, ownProcess: boolean): Promise<void> {
  if (!ownProcess || hasEnded(described(await trainer.getTraining({ name })))) return
  throw new DomainError(
    'TRAINING_UNATTENDED',
    `Nobody works on ${name}: the process that did has ended. Go on with \`crossres train resume ${lastSegment(name)}\`, or start \`crossres up\`.`,
    { training: name },
  )
}

function described({ training }: { readonly training?: Training | undefined }): Training {
  if (!training) throw new Error('The trainer answered no training.')
  return training
}
