import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from '../../libs/config/data-folder.js'
import { faceApiFolder } from '../../libs/models/base-model.js'
import { importFaceApi } from '../../libs/models/face-api/import-face-api.js'
import { SE_RESNET_50_DIMENSION, SE_RESNET_50_SIDE, seResNet50 } from '../../libs/onnx/networks/se-resnet-50.js'
import { writeOnnx } from '../../libs/onnx/write-onnx.js'
import { hasShared, MOBILEFACENET } from '../fixtures/shared-models.js'

/** A network as the training benchmark uses it. */
export interface TrainingNetwork {
  readonly name: 'MobileFaceNet' | 'default model' | 'SE-ResNet-50'
  /** An ONNX file. */
  readonly model: string
  /** Of its square input, in pixels. */
  readonly side: number
  readonly dimension: number
  /** Images of a step. */
  readonly batch: number
  /** Steps of a round: enough for some seconds. */
  readonly steps: number
}

/** Those of three sizes; MobileFaceNet only where its file lies beside the repository. */
export async function trainingNetworks(folder: string, log: (line: string) => void): Promise<TrainingNetwork[]> {
  const { recognition } = await importFaceApi({
    packageFolder: faceApiFolder(),
    cacheFolder: join(cacheFolder({}), 'face-api'),
  })
  const paper = join(folder, 'se-resnet-50.onnx')
  await writeFile(paper, writeOnnx(seResNet50(1n)))
  if (!hasShared) log(`MobileFaceNet is left out: ${MOBILEFACENET} is not there`)
  return [
    ...(hasShared
      ? [{ name: 'MobileFaceNet', model: MOBILEFACENET, side: 112, dimension: 128, batch: 16, steps: 4 } as const]
      : []),
    { name: 'default model', model: recognition, side: 150, dimension: 128, batch: 16, steps: 12 },
    {
      name: 'SE-ResNet-50',
      model: paper,
      side: SE_RESNET_50_SIDE,
      dimension: SE_RESNET_50_DIMENSION,
      batch: 8,
      steps: 1,
    },
  ]
}
