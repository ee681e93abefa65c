// The process of one evaluation, started by create-evaluator.ts: comparing millions of templates would hold up every call of the service.
import { serveJob } from '../../../libs/jobs/serve-job.js'
import { workOnEvaluation } from './work-on-evaluation.js'

serveJob(process, workOnEvaluation)
