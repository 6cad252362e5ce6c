import { shown } from './proxy/client-response.ts';
import { parseProxyOptions } from './proxy/options.ts';
import { startHangUpProxy } from './proxy/server.ts';
import { Failure } from './runner/failure.ts';

try {
  const options = parseProxyOptions(process.argv.slice(2));
  if (options) {
    const { url, close } = await startHangUpProxy(options.target, options.port);
    // More than once: Ctrl-C reaches us from the terminal, and again passed on by npm.
    for (const signal of ['SIGINT', 'SIGTERM'])
      process.on(signal, () => void close().then(() => process.exit(0)));
    console.log(
      `listening on ${url}, forwarding to ${shown(new URL(options.target))}; set hangUpUrl to ${url}`,
    );
  }
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
