import { describe, expect, it } from 'vitest'
import { fuseTemplates } from './fuse-templates.js'

const image = (id: string, medium?: string) => ({ id, file: `/${id}`, subject: 's', ...(medium && { medium }) })
const template = (id: string, ...images: string[]) => ({ id, subject: 's', images })
/** Features of two numbers by picture. */
const features = (of: Readonly<Record<string, readonly [number, number]>>) => ({
  dimension: 2,
  of: (id: string) => of[id] && Float32Array.from(of[id]),
})

describe('fuseTemplates', () => {
  it('takes the mean within a medium, then over media, then scales to length 1', () => {
    const images = [image('still'), image('f1', 'video'), image('f2', 'video'), image('f3', 'video')]
    const fused = fuseTemplates(
      { images, templates: [template('all', 'f1', 'still', 'f2', 'f3'), template('one', 'f1')] },
      // The video's mean is (0, 3), the still (4, 0); over media (2, 1.5), which is 2.5 long.
      features({ still: [4, 0], f1: [0, 2], f2: [0, 3], f3: [0, 4] }),
    )
    const rounded = Array.from(fused.features, (value) => Number(value.toFixed(6)))
    expect(rounded).toEqual([0.8, 0.6, 0, 1])
    expect([...fused.present]).toEqual([1, 1])
  })

  it('takes pictures without a medium as media of their own', () => {
    const fused = fuseTemplates(
      { images: [image('a'), image('b'), image('c')], templates: [template('t', 'a', 'b', 'c')] },
      features({ a: [3, 0], b: [0, 2], c: [0, 2] }),
    )
    expect([...fused.features]).toEqual([Math.fround(0.6), Math.fround(0.8)])
  })

  it('leaves out what could not be extracted, and says which templates have nothing left', () => {
    const fused = fuseTemplates(
      {
        images: [image('a', 'v'), image('b', 'v'), image('c')],
        templates: [template('some', 'a', 'b'), template('none', 'b')],
      },
      features({ a: [0, 5], c: [1, 0] }),
    )
    expect([...fused.features]).toEqual([0, 1, 0, 0])
    expect([...fused.present]).toEqual([1, 0])
  })

  it('weighs pictures', () => {
    const fused = fuseTemplates(
      { images: [image('a'), image('b')], templates: [template('t', 'a', 'b')] },
      { ...features({ a: [1, 0], b: [0, 1] }), weightOf: (id) => (id === 'a' ? 3 : 4) },
    )
    expect([...fused.features]).toEqual([Math.fround(0.6), Math.fround(0.8)])
  })

  it('refuses a picture that is not listed', () => {
    expect(() => fuseTemplates({ images: [], templates: [template('t', 'a')] }, features({ a: [1, 0] }))).toThrow(
      'Template t names the picture a',
    )
  })
})
