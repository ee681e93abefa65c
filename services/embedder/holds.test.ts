import { expect, it } from 'vitest'
import { createHolds } from './holds.js'

/** Holds of numbers, with a list of what was opened and closed. */
function recorded() {
  const log: string[] = []
  let made = 0
  const holds = createHolds<number>(async (value) => {
    log.push(`closed ${value}`)
  })
  const open = async () => {
    made += 1
    log.push(`opened ${made}`)
    return made
  }
  return { log, holds, open }
}

it('opens for the first holder and closes after the last, whoever that is', async () => {
  const { log, holds, open } = recorded()
  const [one, two] = await Promise.all([holds.hold('a', open), holds.hold('a', open)])
  const three = one.share()
  one.release()
  one.release()
  two.release()
  expect(log).toEqual(['opened 1'])
  three.release()
  await holds.close()
  expect(log).toEqual(['opened 1', 'closed 1'])
})

it('opens anew what was closed, and tells keys apart', async () => {
  const { log, holds, open } = recorded()
  const first = await holds.hold('a', open)
  first.release()
  const again = await holds.hold('a', open)
  const other = await holds.hold('b', open)
  expect([first.value, again.value, other.value]).toEqual([1, 2, 3])
  // The new one need not wait for the end of the old one.
  expect(log.sort()).toEqual(['closed 1', 'opened 1', 'opened 2', 'opened 3'])
})

it('does not close for the first holder what a second waits for', async () => {
  const { log, holds } = recorded()
  let opened: (value: number) => void = () => {}
  const opening = new Promise<number>((resolve) => {
    opened = resolve
  })
  const first = holds.hold('a', () => opening).then((hold) => hold.release())
  const second = holds.hold('a', () => opening)
  opened(7)
  await first
  const hold = await second
  await new Promise(setImmediate)
  expect(log).toEqual([])
  hold.release()
  await holds.close()
  expect(log).toEqual(['closed 7'])
})

it('tries again after a failure', async () => {
  const { log, holds, open } = recorded()
  const fail = () => Promise.reject(new Error('not yet'))
  await expect(Promise.all([holds.hold('a', fail), holds.hold('a', open)])).rejects.toThrow('not yet')
  expect((await holds.hold('a', open)).value).toBe(1)
  expect(log).toEqual(['opened 1'])
})

it('closes at its end what is still held or being opened, each once', async () => {
  const { log, holds, open } = recorded()
  const held = await holds.hold('a', open)
  const late = holds.hold('b', open)
  await holds.close()
  held.release()
  ;(await late).release()
  await holds.close()
  expect(log.sort()).toEqual(['closed 1', 'closed 2', 'opened 1', 'opened 2'])
})
