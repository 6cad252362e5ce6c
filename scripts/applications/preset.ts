import type { Preset } from '../runner/options.ts';

/** Named by the environment of the reference server, and not offered with the applications. */
const ABSENT = ['fileTool', 'askTool', 'pollTool'];

/** What `npm run applications` stands for. */
export const APPLICATIONS: Preset = {
  script: 'applications',
  options: ABSENT.flatMap((name) => ['--env-var', `${name}=`]),
  tools: 'applications',
};
