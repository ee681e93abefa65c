import { expect, it } from 'vitest'
import { parseLandmarksCsv } from './landmarks-csv.js'

const HEADER =
  'file,score,x,y,width,height,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,left_mouth_x,left_mouth_y,right_mouth_x,right_mouth_y'

it('reads faces by file, the first of several', () => {
  const faces = parseLandmarksCsv(
    `${HEADER}\n"a, b/1.jpg",0.9,1,2,30,40,1,2,3,4,5,6,7,8,9,10.5\n"a, b/1.jpg",0.1,9,9,9,9,1,1,1,1,1,1,1,1,1,1\n`,
  )
  expect([...faces]).toEqual([
    [
      'a, b/1.jpg',
      {
        box: { x: 1, y: 2, width: 30, height: 40 },
        landmarks: [
          { x: 1, y: 2 },
          { x: 3, y: 4 },
          { x: 5, y: 6 },
          { x: 7, y: 8 },
          { x: 9, y: 10.5 },
        ],
        detectionScore: 0.9,
      },
    ],
  ])
})

it('says which column or line does not fit', () => {
  expect(() => parseLandmarksCsv('file,x\na,1\n')).toThrow(/columns score, y/)
  expect(() => parseLandmarksCsv(`${HEADER}\na,0.9,1,2,30,wide,1,2,3,4,5,6,7,8,9,10\n`)).toThrow(/line 2: height/)
  expect(() => parseLandmarksCsv(`${HEADER}\na,"0.9\n`)).toThrow(/cannot be used/)
})
