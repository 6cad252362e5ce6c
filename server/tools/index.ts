/** What the reference server offers. */

import type { Config } from '../config.ts';
import { DataFolder } from '../data-folder.ts';
import { Witness } from '../witness.ts';
import { ask } from './ask.ts';
import { listCalls } from './list-calls.ts';
import { poll } from './poll.ts';
import { processLargeFile } from './process-large-file.ts';
import { quick } from './quick.ts';
import { slow } from './slow.ts';
import { slowCompletion } from './slow-completion.ts';
import { slowPrompt } from './slow-prompt.ts';
import { slowResource } from './slow-resource.ts';
import { state } from './state.ts';
import { stubborn } from './stubborn.ts';
import type { Completion, Prompt, Resource, Tool } from './tool.ts';

export interface Offer {
  readonly tools: readonly Tool[];
  readonly prompts: readonly Prompt[];
  readonly resources: readonly Resource[];
  readonly completions: readonly Completion[];
  /** Frees what the tools share, such as a pool. Called once, when the sessions have ended. */
  close?(): Promise<void>;
}

/** One for a server; sessions share it. */
export function createOffer(config: Pick<Config, 'dataDir' | 'witness'>): Offer {
  const witness = new Witness();
  const telling: Tool[] = config.witness === 'on' ? [state(witness), listCalls()] : [];
  return {
    tools: [
      processLargeFile(new DataFolder(config.dataDir), witness),
      slow(witness),
      quick(),
      stubborn(witness),
      ask(witness),
      poll(witness),
      ...telling,
    ],
    prompts: [slowPrompt(witness)],
    resources: [slowResource(witness)],
    completions: [slowCompletion(witness)],
  };
}
