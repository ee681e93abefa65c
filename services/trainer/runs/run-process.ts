// The process of one training run, forked by run-child.ts.
import { loadTensorFlow } from '../../../libs/engine/tensorflow.js'
import { runTraining } from '../run/run-training.js'
import { serveRun } from './serve-run.js'

serveRun(process, { loadTensorFlow, runTraining })
