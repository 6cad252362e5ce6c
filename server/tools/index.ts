/** The tools of the reference server. */

import type { DataFolder } from '../data-folder.ts';
import type { Witness } from '../witness.ts';
import { processLargeFile } from './process-large-file.ts';
import { quick } from './quick.ts';
import { slow } from './slow.ts';
import { state } from './state.ts';
import type { Tool } from './tool.ts';

/** Every tool by its name. */
export type Tools = ReadonlyMap<string, Tool>;

/** One set for a server; sessions share it. */
export function createTools(folder: DataFolder, witness: Witness): Tools {
  const tools: Tool[] = [processLargeFile(folder, witness), slow(witness), state(witness), quick()];
  return new Map(tools.map((tool) => [tool.name, tool]));
}
