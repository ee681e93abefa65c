import type { Command } from 'commander'
import type { Run } from '../context.js'
import { addTrainReport } from './train-report.js'
import { addTrainRuns } from './train-runs.js'
import { addTrainSettings } from './train-settings.js'
import { addTrainStart } from './train-start.js'

/** Adds `crossres train`. */
export function addTrain(program: Command, run: Run): void {
  const train = program
    .command('train')
    .usage('[options] | <command>')
    .description('make a model robust against low resolution, and look after trainings')
    .addHelpText('after', HELP)
  const start = addTrainStart(train, run)
  addTrainRuns(train, run)
  addTrainReport(train, run)
  addTrainSettings(train, run)
  // Without a command it starts a training, so its help tells how.
  const help = start.createHelp()
  train.configureHelp({
    ...train.configureHelp(),
    visibleOptions: () => help.visibleOptions(start),
    visibleGlobalOptions: () => help.visibleGlobalOptions(start),
  })
}

const HELP = `
Methods:
  crossres    distils the teacher's features into the student; needs no labels; the best recipe that crossres knows
  t-c         teacher and curriculum, as in the paper by Massoli, Amato and Falchi; faces in one folder for each subject
  t, c        teacher only; curriculum only
  nt-nc       neither: fine-tuning with a fixed share of degraded faces
  scratch     from random weights
  head-only   only the classification head learns

Ctrl-C leaves a training to the server that works on it; one in this command's own process stops with a checkpoint.
Behind train, --data are the faces; the data folder is named before it (crossres --data FOLDER train ...) or by CROSSRES_DATA.

Examples:
  crossres train --data faces/
  crossres train --data faces/ --method t-c --preset paper --set images=64000 --set learning_rate=5e-4 --seed 7
  crossres train --data datasets/faces --base mine --name mine-robust --id night-1 --detach
  crossres train watch night-1
  crossres train resume night-1
  crossres train report night-1 --out night-1.html
  crossres models promote mine-robust/versions/0123456789ab`
