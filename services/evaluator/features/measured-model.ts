import { createHash } from 'node:crypto'
import { once } from '../../../libs/config/once.js'
import type { Engine } from '../../../libs/engine/engine.js'
import { versionName } from '../../../libs/models/model-name.js'
import type { ModelRegistry, RegisteredModel } from '../../../libs/models/model-registry.js'
import { resolveRoutes, routeOf } from '../../../libs/models/routing.js'
import { createFaceNetwork, type FaceNetwork } from './face-network.js'

/** A model to measure, with the networks that its card routes bands of face resolution to. */
export interface MeasuredModel {
  /** `models/{model}/versions/{version}`. */
  readonly versionName: string
  readonly registered: RegisteredModel
  /** The same for models whose features are the same: names the folder of its cache. */
  readonly cacheName: string
  /**
   * @param resolution face resolution in pixels
   * @returns a number for the network that embeds faces of it: the same number, the same network
   */
  routeAt(resolution: number): number
  /** Loads the network at its first use. @param route see routeAt */
  network(route: number): Promise<FaceNetwork>
  /** Frees the networks that were loaded. */
  close(): Promise<void>
}

/** What loading works with. */
export interface MeasuredModelDeps {
  readonly registry: ModelRegistry
  createEngine(onnx: Uint8Array): Promise<Engine>
}

/**
 * @param model `models/{model}` or one of its versions
 * @param routing whether the networks of the card's routes take their bands over, as the embedder has it; without, the model's own
 * network embeds every face
 * @throws DomainError MODEL_NOT_FOUND, MODEL_NAME_INVALID, MODEL_CARD_INVALID, MODEL_ROUTING_INVALID
 */
export async function openMeasuredModel(
  { registry, createEngine }: MeasuredModelDeps,
  model: string,
  routing: boolean,
): Promise<MeasuredModel> {
  const registered = await registry.get(model)
  const routes = routing ? await resolveRoutes(registered, registry.get) : []
  const networks = [registered, ...routes.map(({ network }) => network)].map(({ name, version, card }) =>
    once(async () => createFaceNetwork(await createEngine(await registry.readNetwork(name, version)), card)),
  )
  return {
    versionName: versionName(registered.name, registered.version),
    registered,
    cacheName: cacheName(registered.version, routes),
    routeAt(resolution) {
      const route = routeOf(routes, resolution)
      return route === undefined ? 0 : 1 + routes.indexOf(route)
    },
    network: (route) => (networks[route] as (typeof networks)[number]).get(),
    async close() {
      await Promise.all(networks.map(async (network) => (await network.made())?.close()))
    },
  }
}

/** Routes change features without changing the version. */
function cacheName(version: string, routes: Awaited<ReturnType<typeof resolveRoutes>>): string {
  if (routes.length === 0) return version
  const bands = routes.map(({ from, below, network }) => [from, String(below), network.version])
  return `${version}-${createHash('sha256').update(JSON.stringify(bands)).digest('hex').slice(0, 12)}`
}
