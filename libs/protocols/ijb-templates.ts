import type { ProtocolImage, Template } from './protocol.js'

/** Pictures and templates of IJB, with the numbers that its lists know the templates by. */
export interface IjbTemplates {
  readonly images: readonly ProtocolImage[]
  readonly templates: readonly Template[]
  /** Index of a template by its number. */
  readonly indexOf: ReadonlyMap<number, number>
}

/** Templates by number, with their subjects: a gallery, or the probes. */
export type TemplateList = ReadonlyMap<number, string>

/** One picture of one template. */
export interface IjbMember {
  readonly template: number
  readonly subject: string | null
  readonly image: ProtocolImage
}

/** Gathers pictures into templates, in the order in which they come. */
export function gatherTemplates() {
  const images = new Map<string, ProtocolImage>()
  const templates: { id: string; subject: string | null; images: string[] }[] = []
  const indexOf = new Map<number, number>()

  return {
    /** @throws Error for a template of two subjects */
    add({ template, subject, image }: IjbMember): void {
      let index = indexOf.get(template)
      if (index === undefined) {
        index = templates.push({ id: String(template), subject, images: [] }) - 1
        indexOf.set(template, index)
      }
      const found = templates[index] as (typeof templates)[number]
      if (found.subject !== subject) {
        throw new Error(`template ${template} belongs to the subjects ${found.subject} and ${subject}`)
      }
      // A face may be in several templates; it is one picture.
      if (!images.has(image.id)) images.set(image.id, image)
      found.images.push(image.id)
    },
    done: (): IjbTemplates => ({ images: [...images.values()], templates, indexOf }),
  }
}
