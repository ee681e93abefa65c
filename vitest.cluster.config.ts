import { defineConfig } from 'vitest/config'

const report = process.env.CROSSRES_CLUSTER_TEST_REPORT

/**
 * What needs servers that are built from source first, MinIO and a Kubernetes control plane, what kills processes and waits for
 * others to notice, and what needs programs of the system.
 */
export default defineConfig({
  test: {
    include: ['test/{cluster,faults,images}/**/*.test.ts'],
    testTimeout: 300_000,
    // The first run builds the servers.
    hookTimeout: 1_800_000,
    pool: 'forks',
    // They wait for minutes and failures more than they compute.
    maxWorkers: 2,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
