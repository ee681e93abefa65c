import { expect, it } from 'vitest'
import { enrolTarget } from './image-keys.js'

it.each([
  ['images/enrol/staff/anna/1.jpg', { gallery: 'staff', subject: 'anna' }],
  ['images/enrol/staff/Zoë 2/2024/may/1.jpg', { gallery: 'staff', subject: 'Zoë 2' }],
  ['images/enrol/staff/anna', undefined],
  ['images/enrol/staff/anna/', undefined],
  ['images/enrol/staff//1.jpg', undefined],
  ['images/enrol/1.jpg', undefined],
  ['images/enrolled/staff/anna/1.jpg', undefined],
  ['datasets/images/enrol/staff/anna/1.jpg', undefined],
])('reads whom %s is to enrol', (key, target) => {
  expect(enrolTarget(key)).toEqual(target)
})
