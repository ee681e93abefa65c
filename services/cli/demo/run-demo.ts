import { randomUUID } from 'node:crypto'
import { VariantSize } from '../../../gen/crossres/v1/downsampler.js'
import type { Model } from '../../../gen/crossres/v1/embedder.js'
import { encodeJpeg, encodePng } from '../../../libs/image/encode.js'
import { resizeBilinear } from '../../../libs/image/resize-bilinear.js'
import type { Clients } from '../../../libs/rpc/client.js'
import { ensureGallery } from '../ensure-gallery.js'
import type { StartProgress } from '../progress.js'
import { galleryName } from '../resource-names.js'
import { figuresByResolution } from './figures.js'
import { enrolFaces, matchProbes } from './match-probes.js'
import type { EnrolledFace, Material, Probe } from './material.js'
import type { ModelOutcome, PageContent, SheetProbe } from './page.js'
import { FULL, RESOLUTIONS } from './resolutions.js'

/** What the demo works with. */
export interface DemoDeps {
  readonly clients: Clients
  readonly startProgress: StartProgress
  readonly signal: AbortSignal
}

/** Probes that the contact sheet shows. */
const MAX_SHEET = 24
const PORTRAIT_SIZE = 64
const PORTRAIT_QUALITY = 85

/**
 * Enrols the material into a gallery of its own for each model, matches its degraded probes against it and removes the gallery again.
 * @param names of the models, the first of which finds the faces; those that see faces otherwise than the first are left out
 */
export async function runDemo(
  deps: DemoDeps,
  names: readonly string[],
  collect: (model: Model) => Promise<Material>,
): Promise<PageContent> {
  const models = await describe(deps, names)
  const [first] = models
  if (!first) throw new Error('The embedder answered no model.')
  const material = await collect(first)
  const outcomes: ModelOutcome[] = []
  for (const model of models) outcomes.push(await search(deps, model, material))
  const { enrolled, probes, source, remarks } = material
  return {
    source,
    subjects: new Set(enrolled.map(({ subject }) => subject)).size,
    faces: enrolled.length,
    remarks,
    models: outcomes,
    portraits: await portraits(enrolled),
    sheet: await contactSheet(deps.clients, probes, deps.signal),
  }
}

/** The models, each once: the probes are cut out once, so all must want their faces alike. */
async function describe({ clients, signal }: DemoDeps, names: readonly string[]): Promise<Model[]> {
  const models = new Map<string, Model>()
  for (const name of names) {
    const { model } = await clients.embedder.getModel({ name }, { signal })
    if (model) models.set(model.name, model)
  }
  const [first, ...others] = models.values()
  const cut = ({ input, crop }: Model) => JSON.stringify([input?.width, input?.height, crop])
  return first ? [first, ...others.filter((other) => cut(other) === cut(first))] : []
}

/** One model's searches, in a gallery that is gone afterwards. */
async function search(
  { clients, startProgress, signal }: DemoDeps,
  model: Model,
  { enrolled, probes }: Material,
): Promise<ModelOutcome> {
  const gallery = `demo-${randomUUID()}`
  await ensureGallery(clients, gallery, { model: model.name }, signal)
  const remove = () => clients.galleryIndex.deleteGallery({ name: galleryName(gallery), force: true })
  try {
    await enrolFaces(clients, gallery, enrolled, startProgress, signal)
    const results = await matchProbes(clients, gallery, probes, startProgress, signal)
    await remove()
    return { model: model.modelId, version: model.name, figures: figuresByResolution(results), results }
  } catch (error) {
    // The faces must not stay on a server that is not the demo's own; what went wrong first is what is told.
    await remove().catch(() => {})
    throw error
  }
}

async function portraits(enrolled: readonly EnrolledFace[]): Promise<Map<string, string>> {
  const urls = new Map<string, string>()
  for (const { subject, chip } of enrolled) {
    if (urls.has(subject)) continue
    const small = resizeBilinear(chip, PORTRAIT_SIZE, PORTRAIT_SIZE)
    urls.set(subject, dataUrl('image/jpeg', await encodeJpeg(small, PORTRAIT_QUALITY)))
  }
  return urls
}

async function contactSheet({ downsampler }: Clients, probes: readonly Probe[], signal: AbortSignal) {
  const sheet = new Map<number, SheetProbe>()
  for (const [index, { chip, label }] of probes.slice(0, MAX_SHEET).entries()) {
    const sharp = Buffer.from(await encodePng(chip))
    const { variants } = await downsampler.downsample(
      {
        image: { source: { $case: 'content', value: sharp } },
        resolutions: RESOLUTIONS.filter((resolution) => resolution !== FULL),
        size: VariantSize.SMALL,
      },
      { signal },
    )
    const full = dataUrl('image/jpeg', await encodeJpeg(chip, PORTRAIT_QUALITY))
    const degraded = variants.map(({ resolution, png }) => [resolution, dataUrl('image/png', png)] as const)
    sheet.set(index, { label, pictures: new Map([[FULL, full], ...degraded]) })
  }
  return sheet
}

function dataUrl(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`
}
