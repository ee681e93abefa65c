// Fits the estimator of effective resolution to faces of known resolution, or measures the one that is there. Needs `npm run build`.
//
//   node scripts/fit-effective-resolution.mjs FOLDER...               writes libs/face/effective-resolution/estimator-weights.ts
//   node scripts/fit-effective-resolution.mjs --measure FOLDER...     prints errors on the subjects that were not fitted to
//   node scripts/fit-effective-resolution.mjs --measure-all FOLDER... the same on all subjects of folders that had no part in it
//
// A folder holds one folder a subject and `landmarks.csv`. About five minutes a thousand faces.
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { detailSpectrum } from '../dist/libs/face/effective-resolution/detail-spectrum.js'
import { RANGE } from '../dist/libs/face/effective-resolution/effective-resolution.js'
import { treatFace } from '../dist/libs/face/effective-resolution/testing/known-face.js'
import { chipResolution } from '../dist/libs/face/face-resolution.js'
import { createRandom } from '../dist/libs/random/random.js'
import { errorTable, falseLowering } from './effective-resolution/errors.mjs'
import { listFaces, readFace } from './effective-resolution/faces.mjs'
import { fitSmallNetwork } from './effective-resolution/small-network.mjs'
import { drawTreatment, TEMPLATES } from './effective-resolution/treatments.mjs'

const FACES = { fit: 1000, table: 60, lowering: 1000 }
const TREATMENTS_A_FACE = 8
const WEIGHTS = join(dirname(fileURLToPath(import.meta.url)), '../libs/face/effective-resolution/estimator-weights.ts')

const [option, ...rest] = process.argv.slice(2)
const measuring = option === '--measure' || option === '--measure-all'
const folders = measuring ? rest : process.argv.slice(2)
if (folders.length === 0) {
  console.error('Name at least one folder of faces: node scripts/fit-effective-resolution.mjs FOLDER...')
  process.exit(2)
}
const random = createRandom(1n)
const part = option === '--measure' ? 'check' : option === '--measure-all' ? 'all' : 'fit'
const faces = folders.flatMap((folder) => listFaces(folder, part))
random.shuffle(faces)

if (measuring) {
  console.log(await errorTable(faces.slice(0, FACES.table)))
  console.log(`Taken for smaller, by resolution: ${await falseLowering(faces.slice(0, FACES.lowering))}`)
} else {
  const samples = await drawSamples(faces.slice(0, FACES.fit))
  writeFileSync(WEIGHTS, sourceOf(fitSmallNetwork(samples, { hidden: 16, epochs: 100, random })))
  console.log(`${WEIGHTS} written from ${samples.length} chips: format it, build, and measure.`)
}

/** Several chips a face, each with the spectrum it shows and the octaves it should be taken for. */
async function drawSamples(entries) {
  const samples = []
  for (const entry of entries) {
    const face = await readFace(entry)
    for (let i = 0; i < TREATMENTS_A_FACE; i++) {
      const template = TEMPLATES[random.integer(0, TEMPLATES.length - 1)]
      const treatment = drawTreatment(random, chipResolution(face.landmarks, template))
      const { chip, geometric } = await treatFace(face, template, treatment)
      const resolution = Math.min(treatment.resolution ?? geometric, geometric)
      const target = Math.log2(Math.max(RANGE.low, Math.min(RANGE.high, resolution)))
      samples.push({ input: [...detailSpectrum(chip)], target })
    }
  }
  return samples
}

function sourceOf({ hidden, inputWeights, hiddenBias, outputWeights, bias }) {
  const list = (numbers) => `[${numbers.map((value) => Number(value.toPrecision(6))).join(', ')}]`
  return `// Made by scripts/fit-effective-resolution.mjs: do not edit.

/** Units of the hidden layer. */
export const HIDDEN = ${hidden}
/** A row of numbers for each unit. */
export const INPUT_WEIGHTS: readonly number[] = ${list(inputWeights)}
export const HIDDEN_BIAS: readonly number[] = ${list(hiddenBias)}
export const OUTPUT_WEIGHTS: readonly number[] = ${list(outputWeights)}
export const BIAS = ${Number(bias.toPrecision(6))}
`
}
