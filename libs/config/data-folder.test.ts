import { expect, it } from 'vitest'
import { cacheFolder, dataFolder } from './data-folder.js'

it('takes the folders that the environment names', () => {
  expect(dataFolder({ CROSSRES_DATA: '/d' })).toBe('/d')
  expect(cacheFolder({ CROSSRES_CACHE: '/c' })).toBe('/c')
})

it('has two different folders of its own otherwise, also where a variable is empty', () => {
  expect(dataFolder({ CROSSRES_DATA: '' })).toBe(dataFolder({}))
  expect(dataFolder({})).toMatch(/crossres/i)
  expect(cacheFolder({})).toMatch(/crossres/i)
  expect(cacheFolder({})).not.toBe(dataFolder({}))
})
