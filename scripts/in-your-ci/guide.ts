import { readFileSync } from 'node:fs';
import { ROOT } from './workflow.ts';

/** The section of the guide that others copy from, and what is to be copied: its blocks, in their order. */
export function readGuide() {
  const guide = readFileSync(`${ROOT}collections/README.md`, 'utf8');
  const section = /^## In your CI\n.*?(?=^## )/ms.exec(guide)?.[0] ?? '';
  const blocks = (language: string) =>
    [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
      (block) => block[1] ?? '',
    );
  const [short = '', complete = '', gitlab = ''] = blocks('yaml');
  const [line = ''] = blocks('bash');
  return { section, short, complete, gitlab, line };
}
