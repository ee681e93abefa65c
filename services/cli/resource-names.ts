/** @returns the resource name of a gallery */
export const galleryName = (id: string) => `galleries/${id}`

/** @returns the resource name of a subject */
export const subjectName = (gallery: string, id: string) => `galleries/${gallery}/subjects/${id}`

/** @returns the resource name of a model given as `base`, `models/base` or with a version; empty: the server's default */
export const modelName = (model: string | undefined) =>
  model === undefined || model === '' || model.startsWith('models/') ? (model ?? '') : `models/${model}`

/** @returns the resource name of a training given as `night-1` or `trainings/night-1` */
export const trainingName = (id: string) => (id.startsWith('trainings/') ? id : `trainings/${id}`)

/** @returns the last segment of a resource name */
export const lastSegment = (name: string) => name.slice(name.lastIndexOf('/') + 1)
