import type { Condition } from '../measure/conditions.js'
import type { Metric } from '../measure/figure.js'

/** A figure that the paper states; it gives no intervals. */
export interface PaperFigure {
  /** Of the paper. */
  readonly table: number
  /** Name of a protocol, see openProtocol. */
  readonly protocol: string
  readonly metric: Metric
  readonly parameter: number
  /** As the paper calls it: "T-C" is its full method, "SotA model" the network it began with; others it quotes. */
  readonly model: string
  readonly condition: Condition
  /** Of probes enhanced by super-resolution; absent: as they are. */
  readonly enhanced?: true
  /** In [0, 1]. */
  readonly value: number
}

/** Where the figures stand. */
export const PAPER =
  'F. V. Massoli, G. Amato, F. Falchi, “Cross-Resolution Learning for Face Recognition”, Image and Vision Computing 99 (2020)'

const RESOLUTIONS = [8, 16, 24, 32, 64, 128, 0] as const

type Rows = Readonly<Record<string, readonly number[]>>

/** A table with a column for each of RESOLUTIONS. */
function byResolution(about: Omit<PaperFigure, 'model' | 'condition' | 'value'>, same: boolean, rows: Rows) {
  return Object.entries(rows).flatMap(([model, values]) =>
    values.map((value, i): PaperFigure => {
      const probe = RESOLUTIONS[i] as number
      return { ...about, model, condition: { probe, gallery: same ? probe : 0 }, value }
    }),
  )
}

/**
 * A lower triangle of TAR at FAR 1e-3 in percent. The paper calls its last row 256 px: that is its full resolution, whose diagonal
 * equals the last column of its table 1 (or 5).
 */
function triangle(table: number, protocol: string, rows: Readonly<Record<string, readonly (readonly number[])[]>>) {
  return Object.entries(rows).flatMap(([model, triangleRows]) =>
    triangleRows.flatMap((values, row) =>
      values.map((value, column): PaperFigure => {
        const condition = { probe: RESOLUTIONS[column] as number, gallery: RESOLUTIONS[row] as number }
        // Percent with one digit: this keeps them exact.
        return { ...TAR, table, protocol, model, condition, value: Math.round(value * 10) / 1000 }
      }),
    ),
  )
}

const TAR = { metric: 'tar_at_far', parameter: 1e-3 } as const
const RANK_1 = { metric: 'rank', parameter: 1 } as const
const FNIR = { metric: 'fnir_at_fpir', parameter: 1e-2 } as const

function atFullResolution(
  about: Omit<PaperFigure, 'model' | 'condition' | 'value'>,
  values: Readonly<Record<string, number>>,
) {
  return Object.entries(values).map(
    ([model, value]): PaperFigure => ({ ...about, model, condition: { probe: 0, gallery: 0 }, value }),
  )
}

/** Table 9 or, of enhanced probes, 10: ranks 1, 20 and 50, and mAP. */
function tinyFace(table: 9 | 10, rows: Readonly<Record<string, readonly [number, number, number, number]>>) {
  const about = { table, protocol: 'tinyface', ...(table === 10 ? { enhanced: true as const } : {}) }
  const metrics = [1, 20, 50].map((parameter) => ({ metric: 'rank' as Metric, parameter }))
  return [...metrics, { metric: 'map' as Metric, parameter: 0 }].flatMap((metric, i) =>
    atFullResolution(
      { ...about, ...metric },
      Object.fromEntries(Object.entries(rows).map(([model, values]) => [model, values[i] as number])),
    ),
  )
}

/** Figures of the paper's tables that an evaluation of ours measures as well. Identification is against the gallery at full resolution. */
const PAPER_FIGURES: readonly PaperFigure[] = [
  ...byResolution({ table: 1, protocol: 'ijbb-verification', ...TAR }, true, {
    'SotA model': [0.048, 0.244, 0.602, 0.77, 0.883, 0.895, 0.898],
    'nT-nC': [0.088, 0.572, 0.695, 0.724, 0.745, 0.74, 0.734],
    'T-C': [0.42, 0.67, 0.754, 0.807, 0.843, 0.851, 0.854],
  }),
  ...triangle(2, 'ijbb-verification', {
    'SotA model': [
      [4.8],
      [0.2, 24.4],
      [0.2, 18.3, 60.2],
      [0.2, 9.0, 65.4, 77.0],
      [0.2, 2.9, 60.4, 80.5, 88.3],
      [0.1, 2.4, 57.9, 80.0, 88.8, 89.6],
      [0.1, 2.3, 57.4, 80.1, 89.0, 89.7, 89.8],
    ],
    'T-C': [
      [42.0],
      [41.8, 67.0],
      [37.0, 69.7, 76.4],
      [32.1, 69.0, 76.6, 80.7],
      [28.0, 67.1, 76.3, 82.1, 84.3],
      [27.1, 66.3, 76.0, 82.1, 84.7, 85.1],
      [27.2, 66.3, 75.9, 82.2, 84.9, 85.2, 85.4],
    ],
  }),
  ...byResolution({ table: 3, protocol: 'ijbb-identification', ...RANK_1 }, false, {
    'SotA model': [0.001, 0.032, 0.517, 0.762, 0.867, 0.877, 0.877],
    'nT-nC': [0.014, 0.498, 0.648, 0.688, 0.724, 0.725, 0.724],
    'T-C': [0.231, 0.645, 0.751, 0.811, 0.839, 0.844, 0.844],
  }),
  ...byResolution({ table: 4, protocol: 'ijbb-identification', ...FNIR }, false, {
    'SotA model': [1, 0.999, 0.876, 0.532, 0.291, 0.269, 0.268],
    'nT-nC': [0.992, 0.841, 0.655, 0.61, 0.55, 0.55, 0.551],
    'T-C': [0.956, 0.654, 0.505, 0.412, 0.368, 0.366, 0.364],
  }),
  ...byResolution({ table: 5, protocol: 'ijbc-verification', ...TAR }, true, {
    'SotA model': [0.052, 0.262, 0.629, 0.798, 0.904, 0.914, 0.916],
    'nT-nC': [0.098, 0.61, 0.73, 0.759, 0.774, 0.766, 0.76],
    'T-C': [0.471, 0.714, 0.787, 0.835, 0.871, 0.876, 0.878],
  }),
  ...triangle(6, 'ijbc-verification', {
    'SotA model': [
      [5.2],
      [0.3, 26.2],
      [0.2, 18.5, 62.9],
      [0.2, 9.7, 68.0, 79.8],
      [0.2, 3.8, 63.4, 83.0, 90.4],
      [0.1, 3.2, 60.9, 82.6, 90.8, 91.4],
      [0.1, 3.1, 60.3, 82.6, 90.9, 91.5, 91.6],
    ],
    'T-C': [
      [47.1],
      [46.4, 71.4],
      [40.7, 73.7, 78.7],
      [34.7, 73.0, 79.8, 83.5],
      [30.0, 71.1, 79.6, 84.8, 87.1],
      [29.0, 70.3, 79.3, 84.9, 87.4, 87.6],
      [29.0, 70.2, 79.2, 84.9, 87.5, 87.7, 87.8],
    ],
  }),
  // Its caption says IJB-B; it stands in the section on IJB-C.
  ...byResolution({ table: 7, protocol: 'ijbc-identification', ...RANK_1 }, false, {
    'SotA model': [0.001, 0.027, 0.508, 0.762, 0.879, 0.888, 0.889],
    'nT-nC': [0.009, 0.483, 0.648, 0.691, 0.728, 0.731, 0.73],
    'T-C': [0.209, 0.641, 0.753, 0.821, 0.849, 0.854, 0.854],
  }),
  // The paper prints the same figures of the SotA model as for IJB-B, in table 4.
  ...byResolution({ table: 8, protocol: 'ijbc-identification', ...FNIR }, false, {
    'SotA model': [1, 0.999, 0.876, 0.532, 0.291, 0.269, 0.268],
    'nT-nC': [0.996, 0.89, 0.727, 0.667, 0.59, 0.58, 0.579],
    'T-C': [0.974, 0.718, 0.549, 0.411, 0.345, 0.341, 0.339],
  }),
  ...tinyFace(9, {
    DeepId2: [0.174, 0.252, 0.283, 0.121],
    SphereFace: [0.223, 0.355, 0.405, 0.162],
    VGGFace: [0.304, 0.404, 0.427, 0.231],
    CentreFace: [0.321, 0.445, 0.484, 0.246],
    'SotA model': [0.452, 0.602, 0.649, 0.399],
    'nT-nC': [0.46, 0.635, 0.68, 0.417],
    'T-C': [0.586, 0.73, 0.763, 0.527],
  }),
  ...tinyFace(10, {
    RPCN: [0.186, 0.253, 0.274, 0.129],
    CSRI: [0.448, 0.604, 0.652, 0.362],
    'SotA model': [0.26, 0.439, 0.486, 0.229],
    'nT-nC': [0.26, 0.427, 0.493, 0.229],
    'T-C': [0.448, 0.621, 0.674, 0.397],
  }),
  ...atFullResolution(
    { table: 11, protocol: 'survface-verification', metric: 'accuracy', parameter: 0 },
    { 'SotA model': 0.56, 'nT-nC': 0.69, 'T-C': 0.72 },
  ),
  ...atFullResolution(
    { table: 12, protocol: 'survface-verification', enhanced: true, metric: 'accuracy', parameter: 0 },
    { 'SotA model': 0.55, 'nT-nC': 0.6, 'T-C': 0.61 },
  ),
  ...atFullResolution(
    { table: 13, protocol: 'survface-identification', metric: 'tpir20_auc', parameter: 0 },
    {
      DeepId2: 0.079,
      Centreface: 0.076,
      FaceNet: 0.064,
      SphereFace: 0.09,
      'SotA model': 0.064,
      'nT-nC': 0.093,
      'T-C': 0.138,
    },
  ),
  ...atFullResolution(
    { table: 13, protocol: 'survface-identification', enhanced: true, metric: 'tpir20_auc', parameter: 0 },
    { 'SotA model': 0.062, 'nT-nC': 0.07, 'T-C': 0.099 },
  ),
]

/** @returns what the paper measured by the protocol, of probes enhanced by super-resolution or of them as they are */
export const paperFigures = (protocol: string, enhanced: boolean): PaperFigure[] =>
  PAPER_FIGURES.filter((each) => each.protocol === protocol && (each.enhanced ?? false) === enhanced)
