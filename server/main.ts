/** Starts the reference server and stops it again: `npm start`. */

import { pino } from 'pino';
import { createApp } from './app.ts';
import { attempt } from './attempt.ts';
import { ConfigError, complaint, readConfig } from './config.ts';
import { prepareDataDir } from './data-folder.ts';
import { measureProcess } from './metrics.ts';
import { loadOffer } from './offer.ts';

/** Whatever a handler or a client does, the process is gone after this many milliseconds. */
const DEADLINE_MS = 4500;

/** Ctrl-C reaches us twice under npm: from the terminal, and passed on by npm. Only later signals are a second one. */
const SAME_SIGNAL_MS = 500;

const config = await attempt(() => {
  const read = readConfig(process.env);
  prepareDataDir(read.dataDir);
  return read;
});
const log = pino();
log.level = config.logLevel;
const app = createApp(config, log, await attempt(() => loadOffer(config)), measureProcess());
const url = await attempt(() => app.listen(config.host, config.port).catch(explainListen));

// At every LOG_LEVEL, as whoever started us reads the port from it.
log.child({}, { level: 'info' }).info({ url }, `listening on ${url}`);
process.send?.({ type: 'listening', url });

let stoppedAt: number | undefined;
process.on('SIGTERM', () => stop(143));
process.on('SIGINT', () => stop(130));
// The process that forked us is gone, and with it the only one who would have stopped us.
process.on('disconnect', () => stop(0));

function stop(codeIfAgain: number): void {
  if (stoppedAt !== undefined) {
    if (Date.now() - stoppedAt > SAME_SIGNAL_MS) process.exit(codeIfAgain);
    return;
  }
  stoppedAt = Date.now();
  setTimeout(() => process.exit(0), DEADLINE_MS).unref();
  app.close('server is shutting down').then(
    () => process.exit(0),
    (err: unknown) => {
      log.error({ err }, 'something was not closed');
      process.exit(1);
    },
  );
}

function explainListen(error: NodeJS.ErrnoException): never {
  const { host, port } = config;
  switch (error.code) {
    case 'EADDRINUSE': {
      const advice = `already in use on ${host}; choose another, or 0 for any free port`;
      throw new ConfigError(complaint('PORT', port, advice));
    }
    case 'EACCES':
      throw new ConfigError(complaint('PORT', port, 'may not be used by this user; choose one above 1023'));
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      throw new ConfigError(complaint('HOST', host, `not an address of this machine (${error.code})`));
    default:
      throw error;
  }
}
