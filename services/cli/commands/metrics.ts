import type { Command } from 'commander'
import type { Run } from '../context.js'
import { addMetricsIdentification } from './metrics-identification.js'
import { addMetricsVerification } from './metrics-verification.js'

/** Adds `crossres metrics`, which needs no server. */
export function addMetrics(program: Command, run: Run): void {
  const metrics = program
    .command('metrics')
    .description('work out error rates from a file of scores, of this or any other system')
    .addHelpText('after', HELP)
  addMetricsVerification(metrics, run)
  addMetricsIdentification(metrics, run)
}

const HELP = `
A file of scores is CSV with a line of column names, or Parquet; other columns than those wanted may be there.
Higher scores are more similar. A score that is empty or nan stands for a failed extraction, and counts as a miss.

Examples:
  crossres metrics verification pairs.csv
  crossres metrics identification searches.parquet --json`
