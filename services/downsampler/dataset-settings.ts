import { FaceSelection } from '../../gen/crossres/v1/common.js'
import { ChipFormat, type PrepareDatasetRequest } from '../../gen/crossres/v1/downsampler.js'
import { DomainError } from '../../libs/config/domain-error.js'
import { jitterRoom, USUAL_JITTER } from '../../libs/dataset/jitter-room.js'
import type { ShardSettings } from '../../libs/dataset/shards.js'
import type { Preparation } from '../../libs/models/model-card.js'

const SHARD_SIZE = 1_000
const MAX_SHARD_SIZE = 10_000

/**
 * @returns how a request wants its chips, with room for jitter
 * @throws DomainError FIELD_MISSING, FIELD_INVALID
 */
export function shardSettings(request: PrepareDatasetRequest, { input, crop }: Preparation): ShardSettings {
  const { shardSize, faces, format } = request
  if (shardSize > MAX_SHARD_SIZE) {
    throw new DomainError('FIELD_INVALID', `\`shard_size\` is at most ${MAX_SHARD_SIZE} faces; 0 means ${SHARD_SIZE}.`)
  }
  if (faces === FaceSelection.ALL || faces === FaceSelection.GIVEN) {
    throw new DomainError(
      'FIELD_INVALID',
      'A picture of a dataset shows one face: set `faces` to LARGEST or WHOLE_IMAGE, or say in `landmarks_uri` where the faces are.',
    )
  }
  return {
    preparation: { input, crop },
    format: format === ChipFormat.JPEG ? 'jpeg' : 'png',
    shardSize: shardSize || SHARD_SIZE,
    room: jitterRoom(input, USUAL_JITTER),
    detect: faces !== FaceSelection.WHOLE_IMAGE,
  }
}
