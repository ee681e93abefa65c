import { describe, it } from 'vitest'
import { loadTensorFlow } from '../../../engine/tensorflow.js'
import { type Case, expectForward } from './compare.js'
import { expectGradients } from './gradients.js'

/** Declares the tests of an operator family: each case forward against ONNX Runtime, its gradients against differences. */
export function checkCases(family: string, cases: Readonly<Record<string, Case>>): void {
  describe(`${family} in the executor`, () => {
    for (const [name, test] of Object.entries(cases)) {
      it(`computes ${name}`, async () => {
        const tf = await loadTensorFlow()
        await expectForward(tf, test)
        if (!test.forwardOnly) expectGradients(tf, test)
      })
    }
  })
}
