/** What the three files say about their origin. */
export const FACE_API_METADATA = {
  source: '@vladmandic/face-api 1.7.15',
  licence: 'MIT',
} as const
