import type { RgbImage } from '../../libs/image/rgb-image.js'
import type { ModelCard } from '../../libs/models/model-card.js'
import { versionName } from '../../libs/models/model-name.js'
import type { RegisteredModel } from '../../libs/models/model-registry.js'
import { resolveRoutes, routeOf } from '../../libs/models/routing.js'
import type { Hold, Holds } from './holds.js'
import { type LoadedNetwork, loadNetwork, type NetworkOptions } from './loaded-network.js'

/** A face ready for a network. */
export interface MeasuredFace {
  /** Of exactly the size of the network's input. */
  readonly chip: RgbImage
  /** Face resolution in pixels, as far as it is known. */
  readonly resolution: number
}

/** What came of a face. */
export interface EmbeddedChip {
  /** L2-normalised. */
  readonly vector: Float32Array
  /** The network that ran, `models/{model}/versions/{version}`. */
  readonly networkVersion: string
}

/** A model in memory: its own network, and those that its card names for bands of face resolution. */
export interface LoadedModel {
  /** `models/{model}/versions/{version}`. */
  readonly versionName: string
  readonly card: ModelCard
  /**
   * Embeds a face with the network of its resolution; its pixels are given away.
   * @throws DomainError QUEUE_FULL, EMBEDDING_NOT_FINITE, ENGINE_RUN_FAILED
   */
  embed(face: MeasuredFace, signal?: AbortSignal): Promise<EmbeddedChip>
  /** Says that a face is on its way to `embed`; what it returns must be called when it has arrived or will not come. */
  announce(): () => void
  /** Lets go of its networks. */
  close(): void
}

/** @returns what tells a loaded model from another: a card may get other routes under the same version */
export function modelKey({ name, version, card }: RegisteredModel): string {
  return `${versionName(name, version)} ${JSON.stringify(card.routing ?? [])}`
}

/**
 * Loads the networks of a model that are not in memory yet.
 * @throws DomainError MODEL_ROUTING_INVALID, MODEL_NOT_FOUND, MODEL_LOAD_FAILED
 */
export async function loadModel(
  registered: RegisteredModel,
  networks: Holds<LoadedNetwork>,
  options: NetworkOptions,
): Promise<LoadedModel> {
  const routes = await resolveRoutes(registered, options.registry.get)
  const held: Hold<LoadedNetwork>[] = []
  const close = () => {
    for (const hold of held) hold.release()
  }
  const load = async (model: RegisteredModel): Promise<LoadedNetwork> => {
    const hold = await networks.hold(versionName(model.name, model.version), () => loadNetwork(model, options))
    held.push(hold)
    return hold.value
  }
  try {
    const own = await load(registered)
    const bands: { from: number; below: number; network: LoadedNetwork }[] = []
    for (const { from, below, network } of routes) bands.push({ from, below, network: await load(network) })
    return {
      versionName: own.versionName,
      card: registered.card,
      async embed({ chip, resolution }, signal) {
        const network = routeOf(bands, resolution)?.network ?? own
        return { vector: await network.embed(chip, signal), networkVersion: network.versionName }
      },
      announce() {
        // Which network a face goes to is known once it is measured: until then each may wait for it.
        const arrivals = held.map(({ value }) => value.announce())
        return () => {
          for (const arrive of arrivals) arrive()
        }
      },
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}
