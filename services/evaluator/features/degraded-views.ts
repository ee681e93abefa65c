import { type ChipView, PLAIN_VIEW } from '../../../libs/dataset/augment.js'

/**
 * How a picture is shown at resolutions. A framed face is degraded as a face: what its chip shows is brought down to so many pixels. A
 * picture that is taken whole is degraded before it is brought to the input's size, as the paper's code does it.
 * Source: Massoli, Amato, Falchi, "Cross-Resolution Learning for Face Recognition" (2020), section 5.
 * @param resolutions shortest sides in pixels; 0: as it is. A face that has no more pixels than that stays as it is
 */
export function degradedViews(resolutions: readonly number[], framed: boolean): ChipView[] {
  return resolutions.map((resolution) => ({
    ...PLAIN_VIEW,
    ...(framed ? { resolution } : { sourceResolution: resolution }),
  }))
}
