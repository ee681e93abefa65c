import { Status } from 'nice-grpc'

/**
 * The gRPC status of every domain reason, chosen as AIP-193 and google.rpc.Code define them.
 * A test reads the sources and fails where a reason is missing here.
 */
const REASONS: Readonly<Partial<Record<keyof typeof Status, readonly string[]>>> = {
  // What the caller sent cannot be used, now or later.
  INVALID_ARGUMENT: [
    'MESSAGE_MALFORMED',
    'FIELD_MISSING',
    'FIELD_INVALID',
    'NAME_INVALID',
    'PAGE_TOKEN_INVALID',
    'PROTOCOL_UNKNOWN',
    'GATE_INVALID',
    'MODEL_NAMED_TWICE',
    'PROTOCOL_DATA_INVALID',
    'LANDMARKS_FILE_INVALID',
    'REPORT_INVALID',
    'SCORES_FILE_INVALID',
    'SCORES_FILE_EMPTY',
    'DATASET_EMPTY',
    'CALIBRATION_DATA_INSUFFICIENT',
    'SHARD_CORRUPT',
    'URI_INVALID',
    'URI_UNSUPPORTED',
    'OBJECT_KEY_INVALID',
    'IMAGE_EMPTY',
    'IMAGE_FORMAT_UNSUPPORTED',
    'IMAGE_CORRUPT',
    'IMAGE_TOO_LARGE',
    'IMAGE_SIZE_INVALID',
    'PICTURE_FILE_TOO_LARGE',
    'FACE_NOT_FOUND',
    'FACE_BOX_OUTSIDE',
    'FACE_LANDMARKS_DEGENERATE',
    'EMBEDDING_NOT_FINITE',
    'EMBEDDING_DIMENSION_MISMATCH',
    'MODEL_NAME_INVALID',
    'MODEL_NAME_RESERVED',
    'MODEL_CORRUPT',
    'MODEL_EXTERNAL_DATA',
    'MODEL_TENSOR_TYPE',
    'MODEL_TRAINING_EXPORT',
    'MODEL_LOAD_FAILED',
    'MODEL_INPUT_MISMATCH',
    'MODEL_OUTPUT_INVALID',
    'MODEL_SHAPES',
    'MODEL_INPUT_MISSING',
    'TRAINING_SETTING_INVALID',
    'TRAINING_LABELS_MISSING',
    'TRAINING_TEACHER_MISSING',
    'TRAINING_TEACHER_MISMATCH',
  ],
  NOT_FOUND: [
    'DATASET_NOT_FOUND',
    'PROTOCOL_DATA_MISSING',
    'IMAGE_FILE_MISSING',
    'OBJECT_NOT_FOUND',
    'MODEL_NOT_FOUND',
    'GALLERY_NOT_FOUND',
    'TRAINING_NOT_FOUND',
    'EVALUATION_NOT_FOUND',
    'REPORT_NOT_FOUND',
    'SUBJECT_NOT_FOUND',
    'DEAD_LETTER_NOT_FOUND',
  ],
  ALREADY_EXISTS: ['GALLERY_ALREADY_EXISTS', 'TRAINING_ALREADY_EXISTS', 'EVALUATION_ALREADY_EXISTS'],
  // The state of the system is in the way: something else must be done first.
  FAILED_PRECONDITION: [
    'EMBEDDING_MODEL_MISMATCH',
    'GALLERY_NOT_EMPTY',
    'REEMBEDDING_PICTURE_MISSING',
    'REEMBEDDING_SUBJECT_LOST',
    'MODEL_ROUTING_INVALID',
    'MODEL_WEIGHTS_MISSING',
    'MODEL_WEIGHTS_UNKNOWN',
    'DATASET_VANISHED',
    'DATASET_CHANGED',
    'CHECKPOINT_CORRUPT',
    'DATASET_SETTINGS_DIFFER',
    'DATASET_INCOMPLETE',
    'DATASET_BUSY',
    'IMAGE_FILE_UNREADABLE',
    'DATA_FOLDER_IN_USE',
    'TRAINING_DIVERGED',
    'TRAINING_ENDED',
    'EVALUATION_ENDED',
    'TRAINING_NOT_RESUMABLE',
    'TRAINING_UNATTENDED',
    'TRAINING_STATE_MISMATCH',
    'TENSORFLOW_MISSING',
    'MODEL_OPS_UNSUPPORTED',
    'MODEL_DYNAMIC_ARGUMENT',
    'ENVIRONMENT_INVALID',
    'ADDRESS_INSECURE',
    'ADDRESS_UNAVAILABLE',
    'STORAGE_DENIED',
    'STORAGE_BUCKET_MISSING',
    'EVENTS_DENIED',
    'NOTIFICATIONS_REFUSED',
    'INDEX_DENIED',
  ],
  // Somebody else was faster: read again and decide again.
  ABORTED: ['PRECONDITION_FAILED', 'MODEL_PRODUCTION_CHANGED', 'JOB_HELD_ELSEWHERE'],
  // More than the server takes at once, or has room for.
  RESOURCE_EXHAUSTED: ['MESSAGE_TOO_LARGE', 'QUEUE_FULL', 'STORAGE_FULL', 'EVENTS_FULL', 'EVENT_TOO_LARGE'],
  UNAVAILABLE: [
    'SERVER_UNREACHABLE',
    'SERVER_NOT_SERVING',
    'STORAGE_UNAVAILABLE',
    'EVENTS_UNAVAILABLE',
    'JOB_WORKER_STOPS',
    'INDEX_UNAVAILABLE',
    'INDEX_NOT_LOADED',
    'INDEX_LOST',
  ],
  // Our own fault, with a reason worth telling.
  INTERNAL: [
    'MODEL_WEIGHTS_INVALID',
    'MODEL_CARD_INVALID',
    'TRAINING_RECORD_INVALID',
    'EVALUATION_RECORD_INVALID',
    'TRAINING_PROCESS_DIED',
    'EVALUATION_PROCESS_DIED',
    'ENGINE_RUN_FAILED',
    'INDEX_FAILED',
    'DETECTOR_OUTPUT_MISMATCH',
    'LANDMARKS_OUTPUT_MISMATCH',
    'CHIP_SIZE_MISMATCH',
    'NOT_BUILT',
  ],
}

const STATUS_OF_REASON: ReadonlyMap<string, Status> = new Map(
  Object.entries(REASONS).flatMap(([status, reasons]) =>
    reasons.map((reason) => [reason, Status[status as keyof typeof Status]] as const),
  ),
)

/** @returns the gRPC status of a domain reason; INTERNAL for one that no table knows */
export function statusOfReason(reason: string): Status {
  return STATUS_OF_REASON.get(reason) ?? Status.INTERNAL
}

/** @returns whether a reason has a status of its own */
export function isKnownReason(reason: string): boolean {
  return STATUS_OF_REASON.has(reason)
}
