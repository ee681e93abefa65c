import { expect, it } from 'vitest'
import { checkBinding, isLoopback } from './binding.js'

it.each(['127.0.0.1', '127.1.2.3', '::1', '[::1]', 'localhost'])('%s is loopback', (host) => {
  expect(isLoopback(host)).toBe(true)
  expect(checkBinding(host, false)).toBe(false)
})

it.each(['0.0.0.0', '::', '192.168.1.5', '127.example.com', 'localhost.example.com', '::ffff:127.0.0.1', ''])(
  '%s is open to others',
  (host) => {
    expect(isLoopback(host)).toBe(false)
    expect(() => checkBinding(host, false)).toThrow(expect.objectContaining({ reason: 'ADDRESS_INSECURE' }))
    expect(checkBinding(host, true)).toBe(true)
  },
)
