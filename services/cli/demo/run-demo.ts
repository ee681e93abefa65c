import { randomUUID } from 'node:crypto'
import { VariantSize } from '../../../gen/crossres/v1/downsampler.js'
import type { Model } from '../../../gen/crossres/v1/embedder.js'
import { encodeJpeg, encodePng } from '../../../libs/image/encode.js'
import { resizeBilinear } from '../../../libs/image/resize-bilinear.js'
import type { Clients } from '../../../libs/rpc/client.js'
import { ensureGallery } from '../ensure-gallery.js'
import type { StartProgress } from '../progress.js'
import { galleryName, modelName } from '../resource-names.js'
import { figuresByResolution } from './figures.js'
import { enrolFaces, matchProbes } from './match-probes.js'
import type { EnrolledFace, Material, Probe } from './material.js'
import type { PageContent, SheetProbe } from './page.js'
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
 * Enrols the material into a gallery of its own, matches its degraded probes against it and removes the gallery again.
 * @param model empty: the server's default
 */
export async function runDemo(
  { clients, startProgress, signal }: DemoDeps,
  model: string | undefined,
  collect: (model: Model) => Promise<Material>,
): Promise<PageContent> {
  const described = (await clients.embedder.getModel({ name: modelName(model) }, { signal })).model
  if (!described) throw new Error('The embedder answered no model.')
  const material = await collect(described)
  const { enrolled, probes } = material

  const gallery = `demo-${randomUUID()}`
  await ensureGallery(clients, gallery, { model: described.name }, signal)
  const remove = () => clients.galleryIndex.deleteGallery({ name: galleryName(gallery), force: true })
  try {
    await enrolFaces(clients, gallery, enrolled, startProgress, signal)
    const results = await matchProbes(clients, gallery, probes, startProgress, signal)
    const content = {
      source: material.source,
      model: described.name,
      subjects: new Set(enrolled.map(({ subject }) => subject)).size,
      faces: enrolled.length,
      remarks: material.remarks,
      figures: figuresByResolution(results),
      results,
      portraits: await portraits(enrolled),
      sheet: await contactSheet(clients, probes, signal),
    }
    await remove()
    return content
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
