import { expect, it } from 'vitest'
import { DomainError } from '../config/domain-error.js'
import type { ModelCard, ModelRoute } from './model-card.js'
import type { RegisteredModel } from './model-registry.js'
import { PRESETS } from './presets.js'
import { resolveRoutes, routeOf } from './routing.js'
import { anyCard } from './testing/any-card.js'

const registered = (name: string, card: ModelCard): RegisteredModel => ({
  name,
  version: '000000000000',
  card,
  production: true,
  sizeBytes: 1,
})
const known: Readonly<Record<string, RegisteredModel>> = Object.fromEntries(
  [
    registered('small', anyCard()),
    registered('tiny', anyCard({ origin: 'another' })),
    registered('long', anyCard({ dimension: 512 })),
    registered('bgr', anyCard({ input: { ...anyCard().input, colourOrder: 'BGR' } })),
    registered('framed', anyCard({ crop: PRESETS['vggface2-se-resnet-50'].crop })),
  ].map((model) => [`models/${model.name}/versions/${model.version}`, model]),
)
const find = async (resource: string) => {
  const model = known[resource]
  if (!model) throw new DomainError('MODEL_NOT_FOUND', `no ${resource}`)
  return model
}
const to = (model: string, from: number, below?: number): ModelRoute => ({
  model,
  version: '000000000000',
  from,
  ...(below === undefined ? {} : { below }),
})
const routesOf = (...routing: ModelRoute[]) => resolveRoutes(registered('base', anyCard({ routing })), find)

it('finds the network of a band; its lower edge belongs to it, its upper one does not', async () => {
  const routes = await routesOf(to('small', 24, 64), to('tiny', 0, 24))
  const networks = [0, 8, 23, 24, 63, 64, 1_000].map((resolution) => routeOf(routes, resolution)?.network.name)
  expect(networks).toEqual(['tiny', 'tiny', 'tiny', 'small', 'small', undefined, undefined])
})

it('takes a band without an upper edge to the end', async () => {
  const routes = await routesOf(to('small', 128))
  expect([127, 128, 100_000].map((resolution) => routeOf(routes, resolution)?.network.name)).toEqual([
    undefined,
    'small',
    'small',
  ])
})

it('has no routes where the card names none', async () => {
  expect(await resolveRoutes(registered('base', anyCard()), find)).toEqual([])
})

it.each([
  ['an empty band', [to('small', 32, 32)], /from 32 px that ends below 32 px/],
  ['bands that overlap', [to('small', 0, 32), to('tiny', 31)], /faces of 31 px to two networks/],
  ['two bands without an end', [to('small', 0), to('tiny', 64)], /faces of 64 px to two networks/],
  ['a network that is not there', [to('none', 0)], /models\/none\/versions\/000000000000, which is not there/],
  ['another dimension', [to('long', 0)], /dimension \(512, not 128\)/],
  ['another preparation of pixels', [to('bgr', 0)], /whose input is another/],
  ['another crop', [to('framed', 0)], /whose crop is another/],
])('refuses %s', async (_, routing, message) => {
  const refused = routesOf(...routing)
  await expect(refused).rejects.toMatchObject({ reason: 'MODEL_ROUTING_INVALID' })
  await expect(refused).rejects.toThrow(message)
})
