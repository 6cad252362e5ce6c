/** The part of Postman's sandbox that the suite uses, as old as Newman 6.2.2's: callbacks, no promises. */

export interface SandboxResponse {
  code?: number;
  responseTime?: number;
  headers?: { get(name: string): string | undefined | null };
  text(): string | undefined;
}

export interface SandboxRequest {
  name: string;
  url: string;
  method: string;
  header: Array<{ key: string; value: string }>;
  body?: { mode: 'raw'; raw: string };
}

export interface Pm {
  info: { requestName: string };
  variables: {
    get(name: string): unknown;
    set(name: string, value: unknown): void;
    unset(name: string): void;
    replaceIn(template: string): string;
  };
  collectionVariables: { get(name: string): unknown; set(name: string, value: unknown): void };
  request: { headers: { upsert(header: { key: string; value: string }): void; remove(key: string): void } };
  response: SandboxResponse;
  sendRequest(
    request: SandboxRequest,
    done: (error: { code?: string; message?: string } | null, response?: SandboxResponse) => void,
  ): void;
  test: { (name: string, body: () => void): void; skip(name: string, body: () => void): void };
  visualizer: { set(template: string, data: unknown): void };
}

export type SetTimer = (callback: () => void, ms: number) => number;
export type ClearTimer = (timer: number) => void;
