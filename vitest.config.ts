import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['libs/**/*.test.ts', 'services/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Real servers and native engines share two cores: more workers only make each other slower.
    maxWorkers: 2,
    pool: 'forks',
  },
})
