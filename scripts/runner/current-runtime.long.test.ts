import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { start as startNeverEnding } from '../../server/broken/never-ends-stream.ts';
import { bothRuntimes } from './both-runtimes.ts';
import { startServer } from './target.ts';

/** Newman 6 is two years behind the Postman app: the collections have to come to the same verdicts in both. */

describe('the collections on the current postman-runtime', () => {
  it.each([['mcp-cancellation'], ['conformance-2025'], ['walkthrough']])(
    'come to the same verdicts as with Newman against the reference server: %s',
    async (collection) => {
      const logs = mkdtempSync(join(tmpdir(), 'mcp-runtime-'));
      const server = await startServer(join(logs, 'server.log'));
      try {
        const args = ['--revision', '2025-11-25'];
        const { ids, newman, current } = await bothRuntimes(collection, args, server.url);
        expect(current).toEqual(newman);
        expect(current.map(({ id }) => id)).toEqual(ids);
      } finally {
        await server.stop();
        rmSync(logs, { recursive: true });
      }
    },
  );

  it('come to the same verdicts against a server that leaves streams open', async () => {
    const server = await startNeverEnding();
    try {
      const cases = ['L-EFF-1', 'L-EFF-4', 'L-RACE-3', 'R-FILE-1'].flatMap((id) => ['--case', id]);
      const variables = ['fileTool=', 'settleMs=500'].flatMap((text) => ['--env-var', text]);
      const { newman, current } = await bothRuntimes(
        'mcp-cancellation',
        [...cases, ...variables],
        server.url,
      );
      expect(current).toEqual(newman);
      expect(current.filter(({ red }) => red).map(({ id }) => id)).toEqual(['L-EFF-4']);
    } finally {
      await server.close();
    }
  });
});
