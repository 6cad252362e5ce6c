import type { CaseResult } from '../../runner/results.ts';

/** What the page keeps of each case in each run, by `<collection> <revision>`, until somebody asks for it. */
export type Recorded = Record<string, Record<string, Pick<CaseResult, 'exchanges' | 'transcript'>>>;
