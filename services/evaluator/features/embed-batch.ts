import type { Batch } from '../../../libs/dataset/loader/loader.js'
import type { MeasuredModel } from './measured-model.js'

/**
 * Embeds one view of a batch, each face with the network that serves faces of its resolution.
 * @param resolution that the view is degraded to; 0: not at all
 * @returns a feature for each draw, as the networks answer them
 */
export async function embedBatch(
  model: MeasuredModel,
  { draws, pixels, resolutions }: Batch,
  view: number,
  resolution: number,
): Promise<Float32Array[]> {
  const shown = pixels[view] as Float32Array
  const places = new Map<number, number[]>()
  for (const [i, measured] of resolutions.entries()) {
    // The embedder measures in whole pixels, and hears of a lower true resolution from its caller.
    const whole = Math.round(measured)
    const route = model.routeAt(resolution > 0 ? Math.min(resolution, whole) : whole)
    places.set(route, [...(places.get(route) ?? []), i])
  }
  const features: Float32Array[] = new Array(draws.length)
  for (const [route, rows] of places) {
    const network = await model.network(route)
    const input = places.size === 1 ? shown : rowsOf(shown, rows, shown.length / draws.length)
    for (const [i, feature] of (await network.run(input)).entries()) features[rows[i] as number] = feature
  }
  return features
}

function rowsOf(pixels: Float32Array, rows: readonly number[], length: number): Float32Array {
  const taken = new Float32Array(rows.length * length)
  for (const [i, row] of rows.entries()) taken.set(pixels.subarray(row * length, (row + 1) * length), i * length)
  return taken
}
