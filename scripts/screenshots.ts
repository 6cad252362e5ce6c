/** Makes the pictures of the guide anew: `npm run screenshots`. Without a Chromium there is nothing to do. */

import { fileURLToPath } from 'node:url';
import { findChromium, NO_CHROMIUM } from './browser/chromium.ts';
import { makeScreenshots } from './browser/screenshots.ts';

const executablePath = findChromium();
if (executablePath) {
  const folder = fileURLToPath(new URL('../collections/images', import.meta.url));
  for (const { file, bytes } of await makeScreenshots(executablePath, folder))
    console.log(`${file} ${Math.ceil(bytes / 1000)} kB`);
} else console.log(`skipped: ${NO_CHROMIUM}`);
