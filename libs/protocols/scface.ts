import { join } from 'node:path'
import { singleTemplate } from './image-pairs.js'
import type { IdentificationProtocol, ProtocolImage } from './protocol.js'
import { requirePath, requirePictures } from './protocol-files.js'
import type { Origin, ProtocolSource } from './protocol-source.js'

const origin: Origin = {
  title: 'SCface',
  distribution: 'Its owners distribute it at https://www.scface.org/ under a signed agreement.',
  layout:
    'mugshot_frontal_cropped_all/NNN_frontal.JPG and surveillance_cameras_distance_{1,2,3}/cam_{1..5}/NNN_camC_D.jpg for the subjects 088 to 130',
}

/**
 * The test subjects: of 130, the first 43 are for training, the next 44 for development. Source: Idiap's interface bob.db.scface, whose sets
 * world, dev and eval are of the sizes that the paper reports.
 */
const [FIRST_SUBJECT, LAST_SUBJECT] = [88, 130]
/** Of visible light; 6 and 7 are infrared. */
const CAMERAS = [1, 2, 3, 4, 5]
/** 1 is the farthest, at 4.2 m; then 2.6 m and 1.0 m. */
const DISTANCES = [1, 2, 3]

/**
 * SCface: for each distance d1, d2, d3 the pictures of five surveillance cameras are searched among the frontal mug shots; 43 subjects of
 * 1 + 15 pictures are the paper's 688.
 * Source: M. Grgic, K. Delac, S. Grgic, "SCface - surveillance cameras face database", Multimedia Tools and Applications 51 (2011).
 */
export const scface: ProtocolSource = {
  ...origin,
  name: 'scface',
  async open({ folder }) {
    const mugshots = await requirePath(origin, folder, [
      'mugshot_frontal_cropped_all',
      'SCface_database/mugshot_frontal_cropped_all',
    ])
    const root = join(mugshots, '..')
    const subjects = Array.from({ length: LAST_SUBJECT - FIRST_SUBJECT + 1 }, (_, i) =>
      String(FIRST_SUBJECT + i).padStart(3, '0'),
    )
    const image = (id: string, subject: string): ProtocolImage => ({ id, file: join(root, id), subject })
    const gallery = subjects.map((subject) => image(`mugshot_frontal_cropped_all/${subject}_frontal.JPG`, subject))
    const probes = (distance: number) =>
      subjects.flatMap((subject) =>
        CAMERAS.map((camera) =>
          image(
            `surveillance_cameras_distance_${distance}/cam_${camera}/${subject}_cam${camera}_${distance}.jpg`,
            subject,
          ),
        ),
      )
    const protocols = DISTANCES.map((distance) => searchMugshots(`scface-d${distance}`, gallery, probes(distance)))
    await requirePictures(origin, root, new Set(protocols.flatMap(({ images }) => images.map(({ id }) => id))))
    return protocols
  },
}

function searchMugshots(
  name: string,
  gallery: readonly ProtocolImage[],
  probes: readonly ProtocolImage[],
): IdentificationProtocol {
  const images = [...gallery, ...probes]
  return {
    kind: 'identification',
    name,
    images,
    templates: images.map(singleTemplate),
    galleries: [{ name: 'mugshots', templates: Uint32Array.from(gallery, (_, i) => i) }],
    probes: Uint32Array.from(probes, (_, i) => gallery.length + i),
  }
}
