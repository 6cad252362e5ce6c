/** One of the servers, as a process of its own that tells its parent where it is, what it has used, and what it holds. */

import { Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CpuProfile, type Shares, sharesOf } from './profile.ts';
import { SERVERS, type ServerName } from './servers.ts';

/** What a parent may ask for. */
export interface Answers {
  /** Microseconds of CPU time since the process began. */
  cpu: number;
  /** Bytes held when everything that could be freed is freed. */
  held: number;
  profile: true;
  /** Who spent the time since `profile` was asked for. */
  shares: Shares;
}

const server = await SERVERS[process.argv[2] as ServerName].start();
const inspector = new Session();

const answer: { [Question in keyof Answers]: () => Promise<Answers[Question]> } = {
  async cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  async held() {
    for (let i = 0; i < 3; i++) {
      globalThis.gc?.();
      await sleep(20);
    }
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
  async profile() {
    inspector.connect();
    await inspector.post('Profiler.enable');
    await inspector.post('Profiler.start');
    return true;
  },
  async shares() {
    const { profile } = await inspector.post('Profiler.stop');
    return sharesOf(profile as CpuProfile);
  },
};

process.on('message', async (question: keyof Answers) => {
  process.send?.(await answer[question]());
});
process.on('disconnect', () => process.exit(0));
process.send?.(server.url);
