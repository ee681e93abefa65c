import { DomainError } from '../config/domain-error.js'
import { versionName } from './model-name.js'
import type { RegisteredModel } from './model-registry.js'

/** A band of face resolution, and the network that takes it over. */
export interface Route {
  /** Least face resolution in pixels. */
  readonly from: number
  /** The face resolution where the band ends, itself not included; infinity: never. */
  readonly below: number
  readonly network: RegisteredModel
}

/**
 * Finds the networks that a model's card names for bands of face resolution. Their own routes do not count.
 * @param find looks up `models/{model}/versions/{version}`
 * @returns the routes by band, mostly none
 * @throws DomainError MODEL_ROUTING_INVALID where bands are empty or overlap, or a network is missing or of another preparation or dimension
 */
export async function resolveRoutes(
  model: RegisteredModel,
  find: (resource: string) => Promise<RegisteredModel>,
): Promise<Route[]> {
  const routes: Route[] = []
  for (const { from, below = Number.POSITIVE_INFINITY, model: id, version } of model.card.routing ?? []) {
    const resource = versionName(id, version)
    const network = await find(resource).catch((cause: unknown) => {
      if (!(cause instanceof DomainError && cause.reason === 'MODEL_NOT_FOUND')) throw cause
      throw invalid(model, `names ${resource}, which is not there`, cause)
    })
    if (from >= below) throw invalid(model, `has a band from ${from} px that ends below ${below} px`)
    const difference = differenceOf(model, network)
    if (difference) throw invalid(model, `names ${resource}, whose ${difference} is another`)
    routes.push({ from, below, network })
  }
  routes.sort((a, b) => a.from - b.from)
  const overlapping = routes.findIndex(({ below }, i) => below > (routes[i + 1]?.from ?? Number.POSITIVE_INFINITY))
  if (overlapping >= 0) throw invalid(model, `gives faces of ${routes[overlapping + 1]?.from} px to two networks`)
  return routes
}

/**
 * @param resolution face resolution in pixels
 * @returns the route whose band holds it; undefined: the model's own network runs
 */
export function routeOf<R extends Pick<Route, 'from' | 'below'>>(
  routes: readonly R[],
  resolution: number,
): R | undefined {
  return routes.find(({ from, below }) => from <= resolution && resolution < below)
}

function differenceOf({ card }: RegisteredModel, { card: other }: RegisteredModel): string | undefined {
  if (card.dimension !== other.dimension) return `dimension (${other.dimension}, not ${card.dimension})`
  // Cards are parsed by their schema, which gives every object one order of keys.
  return (['input', 'crop'] as const).find((part) => JSON.stringify(card[part]) !== JSON.stringify(other[part]))
}

function invalid({ name, version }: RegisteredModel, problem: string, cause?: unknown): DomainError {
  const resource = versionName(name, version)
  return new DomainError(
    'MODEL_ROUTING_INVALID',
    `The card of ${resource} ${problem}: its \`routing\` needs bands apart from each other, and networks of the same preparation and feature space. Correct the card, or use another version.`,
    { model: resource },
    cause,
  )
}
