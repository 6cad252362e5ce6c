import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A step of a workflow or of a composite action. */
export interface Step {
  id?: string;
  if?: string;
  uses?: string;
  with?: Record<string, unknown>;
  run?: string;
  shell?: string;
  env?: Record<string, string>;
}

export interface Action {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  outputs: Record<string, { description: string; value: string }>;
  runs: { using: string; steps: Step[] };
}

export interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, { 'runs-on': string; 'timeout-minutes': number; steps: Step[] }>;
}

export function readAction(): Action {
  return parse(readFileSync(`${ROOT}action.yml`, 'utf8'));
}

export function readWorkflow(text: string): Workflow {
  return parse(text);
}

/** The steps of all jobs. */
export function steps({ jobs }: Workflow): Step[] {
  return Object.values(jobs).flatMap((job) => job.steps);
}

/**
 * What GitHub sets for a step of an action: its `env`, with the inputs filled in.
 * @param given the `with` of the step that uses the action
 */
export function stepEnv({ inputs }: Action, { env = {} }: Step, given: Record<string, unknown>) {
  const input = (name: string) => String(given[name] ?? inputs[name]?.default ?? '');
  const filled = (text: string) => text.replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name) => input(name));
  return Object.fromEntries(Object.entries(env).map(([name, text]) => [name, filled(text)]));
}
