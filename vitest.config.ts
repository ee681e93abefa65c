import { defineConfig } from 'vitest/config'

const report = process.env.CROSSRES_TEST_REPORT

export default defineConfig({
  test: {
    include: ['libs/**/*.test.ts', 'services/**/*.test.ts', 'test/**/*.test.ts'],
    // `npm run test:cluster` and `npm run test:images` need more than npm brings, or minutes of waiting.
    exclude: ['**/node_modules/**', 'dist/**', 'test/{cluster,faults,images}/**'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Real servers and native engines share the cores: more workers only make each other slower.
    maxWorkers: 2,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
