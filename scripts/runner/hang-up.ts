import { type HangUpProxy, startHangUpProxy } from '../proxy/server.ts';
import { type EnvironmentJson, getValue, resolveVariables, setValue } from './environment.ts';

/**
 * Starts a hang-up proxy in front of the target and sets `hangUpUrl` to it, unless the environment names one.
 * @returns undefined where none was started
 * @throws Failure (3) where it cannot listen
 */
export async function provideHangUpProxy(environment: EnvironmentJson): Promise<HangUpProxy | undefined> {
  const target = resolveVariables(environment, getValue(environment, 'mcpUrl'));
  // The preflight says what is wrong with an address that cannot be used.
  const usable = /^https?:\/\//.test(target) && URL.canParse(target);
  if (getValue(environment, 'hangUpUrl') !== '' || !usable) return undefined;
  const proxy = await startHangUpProxy(target);
  setValue(environment, 'hangUpUrl', proxy.url);
  return proxy;
}
