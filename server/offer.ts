/** What `TOOLS` asks for. The applications need packages of their own, so nothing else here knows of them. */

import { type Config, ConfigError, complaint } from './config.ts';
import { createOffer, type Offer } from './tools/index.ts';

/** No literal: the core is checked and runs where this and its packages are not installed. */
const APPLICATIONS: string = './applications/index.ts';

/**
 * @param applications the module that makes them
 * @throws ConfigError where the packages of the applications are not installed
 */
export async function loadOffer(config: Config, applications = APPLICATIONS): Promise<Offer> {
  if (config.tools === 'reference') return createOffer(config);
  const { createApplications } = await import(applications).catch(explainMissing);
  return createApplications(config);
}

function explainMissing(error: NodeJS.ErrnoException): never {
  // Modules of the two kinds are missed by two codes.
  if (!['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(String(error.code))) throw error;
  const advice = 'its packages are not installed; run npm ci --prefix server/applications';
  throw new ConfigError(complaint('TOOLS', 'applications', advice));
}
