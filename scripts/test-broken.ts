import { main } from './broken/main.ts';

// Handlers that never stop would keep this process alive.
process.exit(await main(process.argv.slice(2), { out: process.stdout, err: process.stderr }));
