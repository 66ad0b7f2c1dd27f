import { startDemoHub } from '../../../src/world/hub/server.js';
import type { DemoHub, DemoHubOptions } from '../../../src/world/types.js';

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes.
type Json = any;

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: Json;
}

export interface Asked extends DemoHub {
  /** GETs a path; the token, when given, goes into `Authorization`. Redirects are not followed. */
  get(path: string, token?: string, init?: RequestInit): Promise<Answer>;
}

/** Starts a small Hub with quotas that no test reaches by accident. */
export async function startHub(options: DemoHubOptions = {}): Promise<Asked> {
  const hub = await startDemoHub({ quotas: { api: 1e5, resolvers: 1e5, pages: 1e5 }, ...options });
  return {
    ...hub,
    async get(path, token, init = {}) {
      const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(init.headers as object) };
      const url = path.startsWith('http') ? path : hub.url + path;
      const response = await fetch(url, { redirect: 'manual', ...init, headers });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== '';
      return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
    },
  };
}

export const MAYA = 'hf_demo_read_maya';
export const THEO = 'hf_demo_read_theo';
