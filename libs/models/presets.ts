import { type AlignmentTemplate, ARCFACE_TEMPLATE, dlibChipTemplate } from '../face/templates.js'
import { RECOGNITION_INPUT } from './face-api/recognition-graph.js'
import type { ModelCard, Preparation } from './model-card.js'

/** Names of the preparations that crossres knows. */
export const PRESET_NAMES = ['face-api', 'insightface', 'mobilefacenet', 'adaface', 'vggface2-se-resnet-50'] as const
/** See PRESET_NAMES. */
export type PresetName = (typeof PRESET_NAMES)[number]

const same = (value: number): [number, number, number] => [value, value, value]

function aligned({ points }: AlignmentTemplate): ModelCard['crop'] {
  const [a, b, c, d, e] = points
  const pair = ({ x, y }: { x: number; y: number }): [number, number] => [x, y]
  return { kind: 'alignment', template: [pair(a), pair(b), pair(c), pair(d), pair(e)] }
}

const ARCFACE_CROP = aligned(ARCFACE_TEMPLATE)
const CHIP_112 = { width: 112, height: 112, layout: 'NCHW' } as const

/** How each family of networks wants its faces and pixels; the comment names where the values are stated. */
export const PRESETS: Readonly<Record<PresetName, Preparation & { readonly about: string }>> = {
  // dlib_face_recognition_resnet_model_v1: means of dlib's input_rgb_image_sized, chip of get_face_chip_details.
  'face-api': {
    about: 'dlib / face-api.js recognition: 150x150 RGB, dlib face chip with padding 0.25',
    input: {
      width: RECOGNITION_INPUT.width,
      height: RECOGNITION_INPUT.height,
      colourOrder: 'RGB',
      mean: [...RECOGNITION_INPUT.mean],
      scale: same(RECOGNITION_INPUT.scale),
      layout: 'NCHW',
    },
    crop: aligned(dlibChipTemplate(150, 0.25)),
  },
  // InsightFace model zoo: input_mean 127.5, input_std 127.5, RGB after swapRB.
  insightface: {
    about: 'InsightFace / ArcFace (buffalo, glint, w600k): 112x112 RGB, (x - 127.5) / 127.5, ArcFace template',
    input: { ...CHIP_112, colourOrder: 'RGB', mean: same(127.5), scale: same(1 / 127.5) },
    crop: ARCFACE_CROP,
  },
  // ImageNet statistics, as torchvision's Normalize states them, brought to pixels of 0..255.
  mobilefacenet: {
    about: 'MobileFaceNet with ImageNet statistics: 112x112 RGB, ArcFace template',
    input: {
      ...CHIP_112,
      colourOrder: 'RGB',
      mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
      scale: [1 / (0.229 * 255), 1 / (0.224 * 255), 1 / (0.225 * 255)],
    },
    crop: ARCFACE_CROP,
  },
  // AdaFace's README: BGR, ((x / 255) - 0.5) / 0.5.
  adaface: {
    about: 'AdaFace / MagFace IR networks: 112x112 BGR, (x - 127.5) / 127.5, ArcFace template',
    input: { ...CHIP_112, colourOrder: 'BGR', mean: same(127.5), scale: same(1 / 127.5) },
    crop: ARCFACE_CROP,
  },
  // Cao et al., "VGGFace2" (2018), and the training code of the cross-resolution paper.
  'vggface2-se-resnet-50': {
    about: 'VGGFace2 SE-ResNet-50, the paper’s network: 224x224 BGR minus means, box with margin 0.3',
    input: {
      width: 224,
      height: 224,
      colourOrder: 'BGR',
      mean: [91.4953, 103.8827, 131.0912],
      scale: same(1),
      layout: 'NCHW',
    },
    crop: { kind: 'margin', margin: 0.3, resize: 256 },
  },
}
