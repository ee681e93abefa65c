import { Status } from 'nice-grpc'
import { type Gallery, TemplatePolicy } from '../../gen/crossres/v1/gallery_index.js'
import type { Clients } from '../../libs/rpc/client.js'
import { failureOf } from '../../libs/rpc/rpc-error.js'
import { templatePolicyName } from './enum-names.js'
import { UsageError } from './failure.js'
import { galleryName, modelName } from './resource-names.js'

/** Values of --template. */
export const TEMPLATES = { every: TemplatePolicy.EVERY, fused: TemplatePolicy.FUSED } as const

/** Settings of a gallery that is made where it is missing. */
export interface GallerySettings {
  readonly template?: keyof typeof TEMPLATES
  readonly model?: string
}

/**
 * Makes a gallery where it is missing.
 * @throws UsageError where it is there and was made with other settings
 */
export async function ensureGallery(
  { galleryIndex }: Clients,
  id: string,
  { template, model }: GallerySettings,
  signal: AbortSignal,
): Promise<void> {
  const gallery = { templatePolicy: TEMPLATES[template ?? 'every'], model: modelName(model) }
  try {
    await galleryIndex.createGallery({ galleryId: id, gallery }, { signal })
  } catch (error) {
    if (failureOf(error).status !== Status.ALREADY_EXISTS) throw error
    const found = await galleryIndex.getGallery({ name: galleryName(id) }, { signal })
    if (found.gallery) checkSettings(id, found.gallery, { ...(template && { template }), ...(model && { model }) })
  }
}

function checkSettings(id: string, found: Gallery, { template, model }: GallerySettings): void {
  const policy = found.templatePolicy || TemplatePolicy.EVERY
  if (template && policy !== TEMPLATES[template]) {
    throw new UsageError(
      `The gallery ${id} was made with --template ${templatePolicyName(policy).toLowerCase()}: leave the option out, or choose another gallery.`,
    )
  }
  if (model && modelName(model) !== found.model && modelName(model) !== found.modelVersion) {
    throw new UsageError(
      `The gallery ${id} was made with the model ${found.model}: leave --model out, or choose another gallery.`,
    )
  }
}
