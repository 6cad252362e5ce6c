import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import ts from 'typescript';
import type { CollectionDefinition } from '../../collections/src/collection.ts';

export const SOURCES = fileURLToPath(new URL('../../collections/src/', import.meta.url));

/** Bundles the sandbox library into the collection's pre-request script: plain, readable code without a wrapper. */
export async function compileLibrary(): Promise<string> {
  const bundle = await build({
    entryPoints: [join(SOURCES, 'lib/main.ts')],
    bundle: true,
    write: false,
    // A format with exports, or an IIFE, would keep the library's global from being set in the sandbox.
    format: 'esm',
    platform: 'neutral',
    target: 'es2019',
  });
  return bundle.outputFiles[0]?.text.replace(/^\/\/ collections\/src\/.*\n/gm, '') ?? '';
}

/**
 * Loads the collections' definitions with the source of their `before` and `after` intact, comments and all,
 * since that text becomes the scripts of a request. The TypeScript compiler is used for this because the
 * loader that runs our scripts rewrites functions.
 * @returns the collections in the order of their names
 */
export async function loadCollections(): Promise<CollectionDefinition[]> {
  const out = await mkdtemp(join(tmpdir(), 'mcp-collections-'));
  try {
    await writeFile(join(out, 'package.json'), '{"type":"module"}');
    const files = (await readdir(SOURCES, { recursive: true })).filter((file) =>
      /(?<!\.test)\.ts$/.test(file),
    );
    for (const file of files) {
      const { outputText } = ts.transpileModule(await readFile(join(SOURCES, file), 'utf8'), {
        compilerOptions: {
          target: ts.ScriptTarget.ES2022,
          module: ts.ModuleKind.ES2022,
          verbatimModuleSyntax: true,
          rewriteRelativeImportExtensions: true,
        },
      });
      await ts.sys.createDirectory(join(out, dirname(file)));
      await writeFile(join(out, file.replace(/\.ts$/, '.js')), outputText);
    }
    const entries = files.filter((file) => !/[\\/]/.test(file) && file !== 'collection.ts').sort();
    const modules = await Promise.all(
      entries.map((file) => import(pathToFileURL(join(out, file.replace(/\.ts$/, '.js'))).href)),
    );
    return modules.map((module) => module.default);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
