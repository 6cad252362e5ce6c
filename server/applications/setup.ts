import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { Database } from './database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder for data folders, with a database to be copied: making one takes a second or two. */
    applications: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-applications-'));
  await (await Database.open(folder)).close();
  project.provide('applications', folder);
  return () => rm(folder, { recursive: true, force: true });
}
