import { resolve } from 'node:path'
import { DomainError } from '../config/domain-error.js'
import { folderProtocol } from './folder-protocol.js'
import { ijbb, ijbc } from './ijb.js'
import { lfw } from './lfw.js'
import type { Protocol } from './protocol.js'
import { firstExisting } from './protocol-files.js'
import { dataMissing, type ProtocolOptions, type ProtocolSource } from './protocol-source.js'
import { scface } from './scface.js'
import { survface } from './survface.js'
import { tinyface } from './tinyface.js'

/** Every protocol that can be opened. */
export const PROTOCOL_SOURCES: readonly ProtocolSource[] = [lfw, ijbb, ijbc, tinyface, survface, scface, folderProtocol]

/** What is opened. */
export interface OpenProtocolRequest {
  /** Name of a source. */
  readonly protocol: string
  /** Path of the user's copy of the data set. */
  readonly folder: string
  /** Any integer, for protocols that are drawn. */
  readonly seed: number
  readonly options?: ProtocolOptions
}

/**
 * Reads the lists of a data set and checks that its pictures are there; no picture is opened.
 * @returns the protocols of the data set: `lfw`; `ijbb-` and `ijbc-verification` and `-identification`; `tinyface`;
 * `survface-identification`, `survface-verification`; `scface-d1`, `-d2`, `-d3`; `folder-closed-set`, `folder-open-set`, `folder-verification`
 * @throws DomainError PROTOCOL_UNKNOWN, PROTOCOL_DATA_MISSING, PROTOCOL_DATA_INVALID, LANDMARKS_FILE_INVALID
 */
export async function openProtocol({ protocol, folder, seed, options = {} }: OpenProtocolRequest): Promise<Protocol[]> {
  const source = PROTOCOL_SOURCES.find(({ name }) => name === protocol)
  if (source === undefined) {
    const names = PROTOCOL_SOURCES.map(({ name }) => name).join(', ')
    throw new DomainError('PROTOCOL_UNKNOWN', `There is no protocol ${JSON.stringify(protocol)}: use one of ${names}.`)
  }
  const absolute = resolve(folder)
  if ((await firstExisting(absolute, ['.'])) === undefined) throw dataMissing(source, absolute)
  return source.open({ folder: absolute, seed, options })
}
