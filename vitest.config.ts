import { defineConfig } from 'vitest/config'

const report = process.env.CROSSRES_TEST_REPORT

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Two cores are busy with three, since servers are waited for; more only make each other slower.
    maxWorkers: 3,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      {
        extends: true,
        // A process for many files: TensorFlow, ONNX Runtime and sharp are loaded once, not two hundred times.
        test: { name: 'units', include: ['libs/**/*.test.ts', 'services/**/*.test.ts'], isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          // `npm run test:cluster` and `npm run test:images` need more than npm brings, or minutes of waiting.
          exclude: ['**/node_modules/**', 'dist/**', 'test/{cluster,faults,images}/**'],
        },
      },
    ],
  },
})
