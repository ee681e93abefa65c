import { describe, expect, it } from 'vitest'
import type { FaceItem } from '../../../libs/dataset/face-item.js'
import type { Draw } from '../../../libs/dataset/loader/loader.js'
import { PRESETS } from '../../../libs/models/presets.js'
import { resolveSettings } from '../scheme/text-settings.js'
import { drawsFrom } from './draws.js'

const items: FaceItem[] = Array.from({ length: 7 }, (_, i) => ({ path: `${i}.png`, subject: 's', bytes: { file: '' } }))
const preparation = PRESETS['vggface2-se-resnet-50']

function draw(method: string, settings: Record<string, string>, count: number, step = 0): Draw[] {
  const resolved = resolveSettings({
    method,
    preset: 'default',
    settings: { batch: '10', micro_batch: '5', ...settings },
  })
  const totalSteps = Math.floor(resolved.images / resolved.batch)
  const draws = drawsFrom(step, { items, settings: resolved, preparation, totalSteps })
  return Array.from({ length: count }, () => draws.next().value as Draw)
}
const student = ({ views }: Draw) => views.at(-1)!

describe('drawsFrom', () => {
  it('shows every face once an epoch, in a new order each time', () => {
    const paths = draw('t-c', { images: '1000' }, 28).map(({ item }) => item.path)
    const epochs = [0, 1, 2, 3].map((epoch) => paths.slice(epoch * 7, epoch * 7 + 7))
    for (const epoch of epochs) expect([...epoch].sort()).toEqual(items.map(({ path }) => path))
    expect(new Set(epochs.map((epoch) => epoch.join())).size).toBe(4)
  })

  it('goes on from any step as if it had never stopped', () => {
    const whole = draw('t-c', { images: '1000' }, 120)
    expect(draw('t-c', { images: '1000' }, 70, 5)).toEqual(whole.slice(50))
  })

  it('changes with the seed', () => {
    expect(draw('t-c', { images: '1000', seed: '1' }, 20)).not.toEqual(draw('t-c', { images: '1000', seed: '2' }, 20))
  })

  it("degrades the source, never at the curriculum's first step and always at its last (the paper, section 5)", () => {
    const steps = 400
    const draws = draw('t-c', { images: String(steps * 10) }, steps * 10)
    const share = (from: number, to: number) => {
      const part = draws.slice(from * 10, to * 10)
      return part.filter((each) => student(each).sourceResolution > 0).length / part.length
    }
    expect(share(0, 1)).toBe(0)
    expect(share(steps - 1, steps)).toBe(1)
    // Four standard errors of 1,000 draws at most.
    for (const from of [0, 100, 200, 300])
      expect(Math.abs(share(from, from + 100) - (from + 50) / steps)).toBeLessThan(0.06)
    const drawn = draws.map((each) => student(each).sourceResolution).filter((pixels) => pixels > 0)
    expect(new Set(drawn)).toEqual(new Set([8, 16, 32, 64, 128, 256]))
    expect(draws.every((each) => student(each).resolution === 0)).toBe(true)
  })

  it('never degrades what the teacher sees, and draws its crop and greyness apart from the student’s', () => {
    const draws = draw('t-c', { images: '1000' }, 500)
    for (const { views } of draws) {
      expect(views).toHaveLength(2)
      expect(views[0]).toMatchObject({ resolution: 0, sourceResolution: 0, flip: false, rotation: 0, scale: 1 })
      expect(Math.abs(views[0]!.shiftX)).toBeLessThanOrEqual(16 / 224)
    }
    const differ = (name: 'shiftX' | 'grey') => draws.filter(({ views }) => views[0]![name] !== views[1]![name]).length
    expect(differ('shiftX')).toBe(500)
    // 2 * 0.2 * 0.8 of 500, within five standard deviations.
    expect(Math.abs(differ('grey') - 160)).toBeLessThan(52)
  })

  it('pairs crop, greyness and mirroring where asked to, jitter being the student’s alone', () => {
    const draws = draw('crossres', { images: '1000', grey_probability: '0.5', random_crop: 'true' }, 200)
    for (const { views } of draws) {
      const [teacher, seen] = [views[0]!, views[1]!]
      expect([seen.grey, seen.flip]).toEqual([teacher.grey, teacher.flip])
      expect(Math.abs(seen.shiftX - teacher.shiftX)).toBeLessThanOrEqual(0.035)
      expect([teacher.rotation, teacher.scale]).toEqual([0, 1])
      expect(Math.abs(seen.rotation)).toBeLessThanOrEqual(4)
    }
    expect(draws.some(({ views }) => views[1]!.resolution > 0)).toBe(true)
    expect(draws.every(({ views }) => views[1]!.sourceResolution === 0)).toBe(true)
  })

  it('has one view for methods without a teacher', () => {
    for (const { views } of draw('nt-nc', { images: '1000' }, 20)) expect(views).toHaveLength(1)
  })
})
