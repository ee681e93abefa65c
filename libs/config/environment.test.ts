import { expect, it } from 'vitest'
import { readEnvironment } from './environment.js'

it('has a default for everything', () => {
  const environment = readEnvironment({})
  expect(environment).toMatchObject({ host: '127.0.0.1', port: 50_051, insecure: false, logLevel: 'info' })
  expect(environment.settings.defaultModel).toBe('crossres')
  expect(environment.dataFolder).toMatch(/crossres$/)
})

it('takes what is set and passes over what is empty', () => {
  const environment = readEnvironment({
    CROSSRES_PORT: '0',
    CROSSRES_INSECURE: 'true',
    CROSSRES_MAX_BATCH_SIZE: '',
    CROSSRES_DATA: '/d',
  })
  expect(environment).toMatchObject({ port: 0, insecure: true, dataFolder: '/d' })
  expect(environment.settings.maxBatchSize).toBe(8)
})

it('names the variable that is wrong', () => {
  expect(() => readEnvironment({ CROSSRES_PORT: 'http' })).toThrow(/CROSSRES_PORT/)
  expect(() => readEnvironment({ CROSSRES_LOG_LEVEL: 'loud' })).toThrow(/CROSSRES_LOG_LEVEL.*debug/)
})

it('takes the servers that carry events', () => {
  expect(readEnvironment({ CROSSRES_EVENTS: '' }).events).toEqual({ kind: 'in-process' })
  const servers = 'nats://user:secret@a:4222, tls://b'
  expect(readEnvironment({ CROSSRES_EVENTS: servers, CROSSRES_EVENTS_REPLICAS: '3' }).events).toEqual({
    kind: 'nats',
    servers: ['nats://user:secret@a:4222', 'tls://b'],
    replicas: 3,
  })
  for (const wrong of ['nats', 'http://a:1', 'nats://', 'nats://a/path', 'nats://a,']) {
    expect(() => readEnvironment({ CROSSRES_EVENTS: wrong }), wrong).toThrow(/CROSSRES_EVENTS: expected nats:/)
  }
})

it('measures and traces where it is told to', () => {
  expect(readEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }).telemetry).toEqual({
    metricsPort: 0,
    tracesEndpoint: undefined,
  })
  const collector = 'http://collector:4318'
  expect(readEnvironment({ CROSSRES_METRICS_PORT: '9464', OTEL_EXPORTER_OTLP_ENDPOINT: collector }).telemetry).toEqual({
    metricsPort: 9464,
    tracesEndpoint: collector,
  })
  expect(() => readEnvironment({ CROSSRES_METRICS_PORT: '70000' })).toThrow(/CROSSRES_METRICS_PORT/)
  expect(() => readEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' })).toThrow(/expected http:/)
})
