import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { buildCollections, collectionFile } from './collections/build.ts';
import { lintCollection } from './collections/lint.ts';

const { check } = new Command('npm run build --')
  .description('Builds collections/*.postman_collection.json from collections/src.')
  .option('--check', 'write nothing; exit 1 where a committed collection is not what the sources give')
  .parse()
  .opts<{ check?: true }>();

for (const [name, text] of await buildCollections()) {
  const file = collectionFile(name);
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  for (const problem of lintCollection(JSON.parse(text))) {
    console.error(`${file}: ${problem}`);
    process.exitCode = 1;
  }
  if (!check) {
    await writeFile(path, text);
    console.log(`${file}: built`);
  } else if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
    console.error(`${file}: is not what collections/src gives; run npm run build and commit the result`);
    process.exitCode = 1;
  }
}
