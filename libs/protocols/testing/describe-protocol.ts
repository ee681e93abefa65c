import type { IdentificationProtocol, Protocol, VerificationProtocol } from '../protocol.js'

/** @throws where the protocol is not there or of the other kind */
export function verificationOf(protocols: readonly Protocol[], name: string): VerificationProtocol {
  const found = protocols.find((protocol) => protocol.name === name)
  if (found?.kind === 'verification') return found
  throw new Error(`No verification ${name} among ${protocols.map((protocol) => protocol.name)}`)
}

/** @throws where the protocol is not there or of the other kind */
export function identificationOf(protocols: readonly Protocol[], name: string): IdentificationProtocol {
  const found = protocols.find((protocol) => protocol.name === name)
  if (found?.kind === 'identification') return found
  throw new Error(`No identification ${name} among ${protocols.map((protocol) => protocol.name)}`)
}

/** Each pair as `reference - probe`, or `reference = probe` where it is mated. */
export const pairLines = ({ templates, pairs }: VerificationProtocol): string[] =>
  Array.from(pairs.mated, (mated, i) =>
    [templates[pairs.reference[i] ?? -1]?.id, mated ? '=' : '-', templates[pairs.probe[i] ?? -1]?.id].join(' '),
  )

/** Templates of indices as `id (subject): image, image`. */
export const templateLines = ({ templates }: Protocol, indices: Uint32Array): string[] =>
  Array.from(indices, (index) => {
    const { id, subject, images } = templates[index] ?? { id: '?', subject: '?', images: [] }
    return `${id} (${subject}): ${images.join(', ')}`
  })
