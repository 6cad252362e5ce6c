import { expect, it } from 'vitest';
import { start } from '../../server/sdk.ts';
import { judgeKit } from './judge-kit.ts';

/** The suite as the judge of the kit: where someone has pasted it, the witness is believed. */

it('sees by the witness kit that a handler stops, on a server made with the SDK alone', async () => {
  const server = await start();
  try {
    expect(await judgeKit(server.url, ['L-EFF-1', 'L-RACE-3'])).toMatchObject([
      { id: 'L-EFF-1', verdict: 'pass', evidence: 'witness', fate: 'left open' },
      { id: 'L-RACE-3', verdict: 'pass', evidence: 'witness' },
    ]);
  } finally {
    await server.close();
  }
});
