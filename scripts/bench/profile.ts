/** The part of a CPU profile of V8 that is read here. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] }[];
  samples?: number[];
  timeDeltas?: number[];
}

/** Whose code it is that takes time. */
export const OWNERS = ['Node.js', 'garbage collector', 'SDK', 'Express', 'this server'] as const;
export type Owner = (typeof OWNERS)[number];

/** Parts of the time that was not idle; together they are 1. */
export type Shares = Record<Owner, number>;

/** Packages that Express is made of, as far as a request meets them. */
const EXPRESS =
  /\/node_modules\/(express|router|body-parser|raw-body|finalhandler|parseurl|type-is|content-type)\//;

/**
 * Whose code was running, sample by sample. What V8 or zod do counts for who called them, as neither does anything by
 * itself; other libraries count for this server, which chose them.
 */
export function sharesOf({ nodes, samples = [], timeDeltas = [] }: CpuProfile): Shares {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const owner = (id: number | undefined): Owner | undefined => {
    const frame = id === undefined ? undefined : frames.get(id);
    if (id === undefined || !frame || frame.functionName === '(idle)') return undefined;
    if (frame.functionName === '(garbage collector)') return 'garbage collector';
    if (frame.url.startsWith('node:')) return 'Node.js';
    if (frame.url.includes('/node_modules/@modelcontextprotocol/sdk/')) return 'SDK';
    if (EXPRESS.test(frame.url)) return 'Express';
    if (frame.url !== '' && !frame.url.includes('/node_modules/zod/')) return 'this server';
    // `(program)`, and what V8 was called for by nobody.
    return frame.functionName === '(root)' ? 'Node.js' : owner(parents.get(id));
  };
  const shares = Object.fromEntries(OWNERS.map((name) => [name, 0])) as Shares;
  let total = 0;
  for (const [i, sample] of samples.entries()) {
    const whose = owner(sample);
    if (!whose) continue;
    shares[whose] += timeDeltas[i] ?? 0;
    total += timeDeltas[i] ?? 0;
  }
  for (const name of OWNERS) shares[name] /= total || 1;
  return shares;
}
