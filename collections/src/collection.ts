import type { CaseDefinition, Revision } from './lib/definition.ts';
import type { StepDefinition } from './lib/step.ts';

export interface Folder {
  name: string;
  /** Markdown. */
  description: string;
  cases: CaseDefinition[];
  /** In place of cases, requests for the hands. */
  steps?: StepDefinition[];
}

/** A collection as a value; the build turns it into what Postman imports. */
export interface CollectionDefinition {
  /** Names the file: `collections/<name>.postman_collection.json`. */
  name: string;
  title: string;
  /** Markdown; the build puts the suite's version before it. */
  description: string;
  /** Whether it runs against any server; otherwise only against the reference server. */
  portable: boolean;
  /** The tools that the reference server has to be started with, where it is not those that it has by default. */
  tools?: 'applications';
  /** The revisions that the runner runs it in; where there are none, it runs in the one that the environment says. */
  revisions?: Revision[];
  /** Which transcripts go to the console where the environment does not say. */
  trace: 'all' | 'red' | 'off';
  /** Further variables of the collection, and what they begin with. */
  variables?: Record<string, string>;
  folders: Folder[];
}
