import type { CaseDefinition } from '../../collections/src/lib/definition.ts';

/** What stands in a request's description between what its case is about and what is checked. */
const CHECKS = '**What is checked**';

/** A case's description in Postman, as Markdown. */
export function describe(definition: Pick<CaseDefinition, 'description' | 'checks'>): string {
  const rules = Object.values(definition.checks).map(({ level, text, spec }) => {
    const word =
      typeof level === 'string'
        ? level
        : Object.entries(level)
            .map(([revision, one]) => `${one} (${revision})`)
            .join(', ');
    return `- **${word}** ${text} ([rule](${spec}))`;
  });
  return `${definition.description}\n\n${CHECKS}\n\n${rules.join('\n')}`;
}

/** What a description says beside the checks, as Markdown: what the case does and why, and what would be wrong. */
export function aboutOf(description: string): string {
  return (description.split(CHECKS)[0] ?? '').trim();
}
