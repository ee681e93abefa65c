/** What the key of every picture to enrol begins with: `images/enrol/{gallery}/{subject}/{file}`. */
export const ENROL_PREFIX = 'images/enrol/'
/** What the key of every cleaned picture begins with, until its face is enrolled. */
export const CLEANED_PREFIX = 'images/cleaned/'

/** Whom a picture is to enrol. */
export interface EnrolTarget {
  readonly gallery: string
  readonly subject: string
}

/** @returns whom the picture of a key is to enrol; undefined where the key does not say. The file may lie in folders of its own. */
export function enrolTarget(key: string): EnrolTarget | undefined {
  if (!key.startsWith(ENROL_PREFIX)) return undefined
  const [gallery, subject, ...file] = key.slice(ENROL_PREFIX.length).split('/')
  return gallery && subject && file.join('/') ? { gallery, subject } : undefined
}
