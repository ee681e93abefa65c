import { describe, expect, it } from 'vitest'
import { fuseTemplates } from './fuse-templates.js'

const image = (id: string, medium?: string) => ({ id, file: `/${id}`, subject: 's', ...(medium && { medium }) })
const template = (id: string, ...images: string[]) => ({ id, subject: 's', images })

describe('fuseTemplates', () => {
  it('takes the mean within a medium, then over media, then scales to length 1', () => {
    const images = [image('still'), image('f1', 'video'), image('f2', 'video'), image('f3', 'video')]
    const { features, present } = fuseTemplates(
      { images, templates: [template('all', 'f1', 'still', 'f2', 'f3'), template('one', 'f1')] },
      // The video's mean is (0, 3), the still (4, 0); over media (2, 1.5), which is 2.5 long.
      { features: Float32Array.of(4, 0, 0, 2, 0, 3, 0, 4), dimension: 2 },
    )
    const rounded = Array.from(features, (value) => Number(value.toFixed(6)))
    expect(rounded).toEqual([0.8, 0.6, 0, 1])
    expect([...present]).toEqual([1, 1])
  })

  it('takes pictures without a medium as media of their own', () => {
    const { features } = fuseTemplates(
      { images: [image('a'), image('b'), image('c')], templates: [template('t', 'a', 'b', 'c')] },
      { features: Float32Array.of(3, 0, 0, 2, 0, 2), dimension: 2 },
    )
    expect([...features]).toEqual([Math.fround(0.6), Math.fround(0.8)])
  })

  it('leaves out what could not be extracted, and says which templates have nothing left', () => {
    const { features, present } = fuseTemplates(
      {
        images: [image('a', 'v'), image('b', 'v'), image('c')],
        templates: [template('some', 'a', 'b'), template('none', 'b')],
      },
      { features: Float32Array.of(0, 5, 9, 9, 1, 0), dimension: 2, present: Uint8Array.of(1, 0, 1) },
    )
    expect([...features]).toEqual([0, 1, 0, 0])
    expect([...present]).toEqual([1, 0])
  })

  it('weighs pictures', () => {
    const { features } = fuseTemplates(
      { images: [image('a'), image('b')], templates: [template('t', 'a', 'b')] },
      { features: Float32Array.of(1, 0, 0, 1), dimension: 2, weights: Float32Array.of(3, 4) },
    )
    expect([...features]).toEqual([Math.fround(0.6), Math.fround(0.8)])
  })

  it('refuses a picture that is not listed', () => {
    expect(() =>
      fuseTemplates({ images: [], templates: [template('t', 'a')] }, { features: new Float32Array(), dimension: 2 }),
    ).toThrow('Template t names the picture a')
  })
})
