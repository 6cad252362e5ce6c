import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { usage } from './failure.ts';
import type { Options, Tools } from './options.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The npm script that runs the collections for these tools. */
const COMMANDS: Record<Tools, string> = { reference: 'newman', applications: 'applications' };

/** What of Postman's format the runner looks into. */
export interface CollectionItem {
  name: string;
  item?: CollectionItem[];
  request?: { description?: string };
}
export interface CollectionJson extends CollectionItem {
  info: { name: string };
  item: CollectionItem[];
  variable?: Array<{ key: string; value: string }>;
}

/** One collection to run, cut down to what was asked for. */
export interface Planned {
  /** The file's name without its ending. */
  name: string;
  title: string;
  collection: CollectionJson;
  /** The ids of the cases that have to report; fewer is a failure of the run. */
  expected: string[];
}

/** A collection of the plan, and the revisions to run it in. */
export interface PlannedCollection extends Planned {
  /** None where the environment says which. */
  revisions: string[];
}

/** The case id that an item's name begins with. */
export function caseId(itemName: string): string {
  return itemName.split(' ')[0] ?? '';
}

const ENDING = '.postman_collection.json';

/** The names of all built collections. */
export async function collectionNames(folder = join(ROOT, 'collections')): Promise<string[]> {
  const files = await readdir(folder);
  return files.filter((file) => file.endsWith(ENDING)).map((file) => file.slice(0, -ENDING.length));
}

/** What a collection declares of itself. */
export interface Declared {
  cases: string[];
  /** None where it can run in any. */
  revisions: string[];
}

/** What all built collections declare, whether they run or not. */
export async function declarations(folder = join(ROOT, 'collections')): Promise<Declared[]> {
  const collections = (await collectionNames(folder)).map((name) => readCollection(folder, name));
  return (await Promise.all(collections)).map((collection) => ({
    cases: declaredCases(collection),
    revisions: declaredRevisions(collection),
  }));
}

/**
 * Reads the built collections and narrows them to what the options name.
 * @param portableOnly leaves out collections that only the reference server can pass
 * @throws Failure (2) naming what does not exist, and what does
 */
export async function planRuns(
  options: Options,
  portableOnly: boolean,
  folder = join(ROOT, 'collections'),
): Promise<PlannedCollection[]> {
  const names = await collectionNames(folder);
  for (const name of options.collections)
    if (!names.includes(name)) throw usage(`there is no collection "${name}"; there are: ${quoted(names)}`);

  const all = await Promise.all(names.map(async (name) => plan(name, await readCollection(folder, name))));
  checkTools(options, all);
  const usable = all
    .filter(({ name }) => options.collections.length === 0 || options.collections.includes(name))
    .filter(({ collection }) => toolsOf(collection) === options.tools)
    .filter(({ collection }) => !portableOnly || variable(collection, 'portable') === 'true');
  checkSelection(options, usable);
  const planned = usable.flatMap((one) => narrow(one, options));
  if (planned.length === 0) throw usage('no case is in all that --folder, --case and --revision name');
  return planned;
}

async function readCollection(folder: string, name: string): Promise<CollectionJson> {
  return JSON.parse(await readFile(join(folder, name + ENDING), 'utf8'));
}

function plan(name: string, collection: CollectionJson): Planned {
  return { name, title: collection.info.name, collection, expected: declaredCases(collection) };
}

function variable(collection: CollectionJson, key: string): string {
  return collection.variable?.find((one) => one.key === key)?.value ?? '';
}

/** The tools that the reference server has to offer for a collection. */
function toolsOf(collection: CollectionJson): Tools {
  return variable(collection, 'tools') === 'applications' ? 'applications' : 'reference';
}

/** @throws Failure (2) for a collection or a case that is for other tools, with the command that runs it */
function checkTools({ collections, cases, tools }: Options, all: Planned[]): void {
  const own = all
    .filter(({ collection }) => toolsOf(collection) === tools)
    .flatMap(({ expected }) => expected);
  for (const { name, collection, expected } of all) {
    const other = toolsOf(collection);
    if (other === tools) continue;
    const only = (pattern: string) =>
      expected.some((id) => matches(pattern, id)) && !own.some((id) => matches(pattern, id));
    const asked = collections.includes(name) ? `the collection "${name}"` : cases.find(only);
    if (asked)
      throw usage(
        `${asked} needs a server with TOOLS=${other}: npm run ${COMMANDS[other]} runs it, with --url too`,
      );
  }
}

function declaredCases(collection: CollectionJson): string[] {
  return variable(collection, 'cases').split(' ').filter(Boolean);
}

function declaredRevisions(collection: CollectionJson): string[] {
  return variable(collection, 'revisions').split(' ').filter(Boolean);
}

function checkSelection({ folders, cases, revisions }: Options, usable: Planned[]): void {
  const folderNames = usable.flatMap(({ collection }) =>
    collection.item.filter((item) => item.item).map((item) => item.name),
  );
  for (const folder of folders)
    if (!folderNames.includes(folder))
      throw usage(`there is no folder "${folder}"; there are: ${quoted([...new Set(folderNames)])}`);
  const ids = [...new Set(usable.flatMap(({ expected }) => expected))];
  for (const pattern of cases)
    if (!ids.some((id) => matches(pattern, id)))
      throw usage(`there is no case "${pattern}"; there are: ${ids.join(', ')}`);
  const declared = [...new Set(usable.flatMap(({ collection }) => declaredRevisions(collection)))];
  for (const revision of declared.length > 0 ? revisions : [])
    if (!declared.includes(revision))
      throw usage(`there is no revision "${revision}"; there are: ${declared.join(', ')}`);
}

/** What is left of a collection: nothing, where no case or no revision of it was asked for. */
function narrow(planned: Planned, options: Options): PlannedCollection[] {
  const part = narrowCases(planned, options);
  const declared = declaredRevisions(planned.collection);
  const asked = options.revisions;
  const both = declared.filter((one) => asked.length === 0 || asked.includes(one));
  const nothing = part.expected.length === 0 || (declared.length > 0 && both.length === 0);
  return nothing ? [] : [{ ...part, revisions: declared.length > 0 ? both : asked }];
}

function narrowCases(planned: Planned, { folders, cases }: Options): Planned {
  if (folders.length === 0 && cases.length === 0) return planned;
  const wanted = (item: CollectionItem) =>
    cases.length === 0 || cases.some((pattern) => matches(pattern, caseId(item.name)));
  const item = planned.collection.item
    .filter((one) => folders.length === 0 || folders.includes(one.name))
    .map((one) => (one.item ? { ...one, item: one.item.filter(wanted) } : one))
    .filter((one) => (one.item ? one.item.length > 0 : wanted(one)));
  return withItems(planned, item);
}

/** The collection with only these of its folders and requests. */
export function withItems(planned: Planned, item: CollectionItem[]): Planned {
  const present = new Set(items({ name: '', item }).map(({ name }) => caseId(name)));
  const expected = planned.expected.filter((id) => present.has(id));
  return { ...planned, collection: { ...planned.collection, item }, expected };
}

/** The requests of a collection or folder, in the order in which they run. */
export function items(node: CollectionItem): CollectionItem[] {
  return node.item ? node.item.flatMap(items) : [node];
}

function quoted(names: string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

/** Whether a name is what a pattern stands for; `*` stands for anything. */
export function matches(pattern: string, id: string): boolean {
  const escaped = pattern.split(/\*+/).map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`).test(id);
}
