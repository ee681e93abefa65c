import { expect, it } from 'vitest'
import { openProtocol, PROTOCOL_SOURCES } from './open-protocol.js'
import { miniature } from './testing/miniature.js'

it('refuses a protocol that it does not know, and names those it does', async () => {
  await expect(openProtocol({ protocol: 'megaface', folder: '.', seed: 0 })).rejects.toMatchObject({
    reason: 'PROTOCOL_UNKNOWN',
    message: expect.stringContaining('lfw, ijbb, ijbc, tinyface, survface, scface, folder'),
  })
})

it.each(PROTOCOL_SOURCES.map(({ name }) => name))('says of an empty folder what %s expects in it', async (protocol) => {
  const folder = await miniature({ 'readme.txt': '' })
  await expect(openProtocol({ protocol, folder, seed: 0 })).rejects.toMatchObject({
    reason: expect.stringMatching(/^PROTOCOL_DATA_(MISSING|INVALID)$/),
    message: expect.stringMatching(/ is expected as .*(http|yours)/),
  })
})
