import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { processes } from './processes.ts';

/** A process that reports to a roll call. */
export interface Member {
  pid: number;
  /** Resolves when the process has said this. */
  said(word: string): Promise<void>;
}

/** For tests: hears of each process that is started, and that it has ended, by a connection that each keeps to it. */
export interface RollCall {
  /**
   * A command that starts a process with this name, which lives until it is ended.
   * @param source what else it does; `say(word)` says a word to the roll call
   */
  command(name: string, source?: string): string;
  /** Resolves when a process of this name runs. */
  present(name: string): Promise<Member>;
  /** Resolves when every process that has reported has ended, and the whole of its process group. */
  gone(): Promise<void>;
  /** Ends every process that is left. */
  close(): Promise<void>;
}

interface Entry {
  socket: Socket;
  pid: number;
  group: number | undefined;
  closed: Promise<unknown>;
  words: string[];
}

export async function rollCall(): Promise<RollCall> {
  const entries = new Map<string, Entry>();
  const changed = new EventTarget();
  const until = async <Found>(find: () => Found | undefined): Promise<Found> => {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await once(changed, 'change');
    }
  };
  const server = net.createServer((socket) => {
    // A process that is killed resets its connection.
    const closed = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve));
    let entry: Entry | undefined;
    createInterface(socket).on('line', (line) => {
      if (entry) entry.words.push(line);
      else {
        const [name = '', pid] = line.split(' ');
        const group = processes().find((one) => one.pid === Number(pid))?.group;
        entry = { socket, pid: Number(pid), group, closed, words: [] };
        entries.set(name, entry);
      }
      changed.dispatchEvent(new Event('change'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    command(name, source = '') {
      const report = `const s = require("net").connect(${port}, "127.0.0.1"); const say = (word) => s.write(word + "\\n"); s.on("close", () => process.exit()); say("${name} " + process.pid);`;
      return `${quote(process.execPath)} -e ${quote(`${report} ${source}`)}`;
    },
    async present(name) {
      const { pid, words } = await until(() => entries.get(name));
      return {
        pid,
        said: async (word) => void (await until(() => words.includes(word) || undefined)),
      };
    },
    async gone() {
      const all = [...entries.values()];
      if (all.length === 0) throw new Error('nobody has reported');
      await Promise.all(all.map(({ closed }) => closed));
      const groups = new Set(all.map(({ group }) => group));
      while (processes().some(({ group }) => groups.has(group))) await delay(20);
    },
    async close() {
      for (const { socket } of entries.values()) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** For a shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
