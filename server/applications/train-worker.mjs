/** What runs in the thread: plain JavaScript, so that a thread needs nothing but Node.js to start. */

import { threadId } from 'node:worker_threads';

const INPUTS = 16;
const HIDDEN = 32;
const RATE = 0.1;

/** How often the loss is told, in milliseconds. */
const TELL_MS = 100;

/**
 * Trains a network of one hidden layer to tell a shell from the ball in it, by gradient descent over all samples.
 * It never gives way: nothing but the end of its thread can stop it.
 *
 * @param {{ epochs: number, samples: number, port: import('node:worker_threads').MessagePort }} task
 * @returns {{ loss: number, accuracy: number }}
 */
export default function train({ epochs, samples, port }) {
  port.postMessage({ threadId });
  const { inputs, labels } = generate(samples);
  const random = generator(2);
  const weights = Float64Array.from({ length: HIDDEN * INPUTS }, () => random() - 0.5);
  const biases = new Float64Array(HIDDEN);
  const outs = Float64Array.from({ length: HIDDEN }, () => random() - 0.5);
  let outBias = 0;
  const active = new Float64Array(HIDDEN);
  const dWeights = new Float64Array(weights.length);
  const dBiases = new Float64Array(HIDDEN);
  const dOuts = new Float64Array(HIDDEN);
  let loss = 0;
  let right = 0;
  let tellAt = 0;

  for (let epoch = 1; epoch <= epochs; epoch++) {
    dWeights.fill(0);
    dBiases.fill(0);
    dOuts.fill(0);
    let dOutBias = 0;
    loss = 0;
    right = 0;
    for (let s = 0; s < samples; s++) {
      let sum = outBias;
      for (let h = 0; h < HIDDEN; h++) {
        let net = biases[h];
        for (let i = 0; i < INPUTS; i++) net += weights[h * INPUTS + i] * inputs[s * INPUTS + i];
        active[h] = Math.tanh(net);
        sum += outs[h] * active[h];
      }
      const guess = 1 / (1 + Math.exp(-sum));
      const label = labels[s];
      loss -= Math.log(Math.max(label ? guess : 1 - guess, 1e-12)) / samples;
      if (guess > 0.5 === label > 0.5) right++;
      const error = (guess - label) / samples;
      dOutBias += error;
      for (let h = 0; h < HIDDEN; h++) {
        dOuts[h] += error * active[h];
        const back = error * outs[h] * (1 - active[h] * active[h]);
        dBiases[h] += back;
        for (let i = 0; i < INPUTS; i++) dWeights[h * INPUTS + i] += back * inputs[s * INPUTS + i];
      }
    }
    for (let w = 0; w < weights.length; w++) weights[w] -= RATE * dWeights[w];
    for (let h = 0; h < HIDDEN; h++) {
      biases[h] -= RATE * dBiases[h];
      outs[h] -= RATE * dOuts[h];
    }
    outBias -= RATE * dOutBias;
    const now = performance.now();
    if (now >= tellAt || epoch === epochs) {
      tellAt = now + TELL_MS;
      port.postMessage({ epoch, loss });
    }
  }
  return { loss, accuracy: right / samples };
}

/** Points of a cube, and whether each is farther from the middle than half of them; the same every time. */
function generate(/** @type {number} */ samples) {
  const random = generator(1);
  const inputs = Float64Array.from({ length: samples * INPUTS }, () => random() * 2 - 1);
  const labels = Float64Array.from({ length: samples }, (_, s) => {
    let square = 0;
    for (let i = 0; i < INPUTS; i++) square += inputs[s * INPUTS + i] ** 2;
    // The mean of the square of a number between -1 and 1 is a third.
    return square > INPUTS / 3 ? 1 : 0;
  });
  return { inputs, labels };
}

/** Numbers from 0 to 1, the same for the same seed. */
function generator(/** @type {number} */ seed) {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
