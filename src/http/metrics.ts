import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { checkSource, refuse } from './guard.js';
import type { Meters } from './traffic.js';

/** Clients that have a label of their own; whoever comes later is counted as `other`. */
const MAX_CLIENTS = 50;
/** What a name must look like to be a label: neither an address nor anything as long as a secret. */
const LABEL = /^@?[A-Za-z0-9][\w .()/-]{0,39}$/;
const SECONDS = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 180, 600];
/** Why a request was turned away, by the status that it got. */
const REJECTED: Record<number, string> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method',
  406: 'accept',
  413: 'too_large',
  415: 'content_type',
  429: 'rate_limited',
  503: 'unavailable',
};

/**
 * Counts what happens, for Prometheus. No label has the words of a caller, but for the names of the first clients.
 * @param auth who may call
 */
export function createMetrics(auth: string): { meters: Meters; fetch(request: Request): Promise<Response> } {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'hugwire_' });
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `hugwire_${name}`, help, labelNames, registers });
  const requests = counter('requests_total', 'Requests over HTTP, without probes.', 'era', 'method', 'status');
  const clients = counter('client_requests_total', 'Requests by client.', 'client');
  const auths = counter('auth_total', 'Callers that were let in or not.', 'kind', 'outcome');
  const rejected = counter('rejected_total', 'Requests that were turned away.', 'why');
  const calls = counter('calls_total', 'Tool calls that have ended.', 'tool', 'outcome');
  const cancelled = counter('cancelled_total', 'Tool calls that were given up by their client.');
  const listChanged = counter(
    'list_changed_total',
    'What clients made of a changed tool list within 30 s.',
    'client',
    'outcome',
  );
  const storeErrors = counter('store_errors_total', 'Failures of the store that instances share.');
  const hub = counter('hub_requests_total', 'Requests to the Hub; "none" where no answer came.', 'status');
  const seconds = new Histogram({
    name: 'hugwire_call_seconds',
    help: 'How long tool calls take.',
    labelNames: ['tool'],
    buckets: SECONDS,
    registers,
  });
  const streams = new Gauge({
    name: 'hugwire_streams_open',
    help: 'Streams of events that are open.',
    labelNames: ['kind'],
    registers,
  });
  const known = new Set<string>();
  const labelOf = (client: string) => {
    if (known.has(client) || client === 'unknown') return client;
    if (known.size >= MAX_CLIENTS || !LABEL.test(client)) return 'other';
    known.add(client);
    return client;
  };
  const meters: Meters = {
    request({ era = 'none', method = 'none', auth: outcome }, client, status) {
      requests.inc({ era, method, status });
      if (outcome === 'ok') clients.inc({ client: labelOf(client) });
      if (outcome) auths.inc({ kind: auth, outcome });
      const isMisplaced = status === 403 && outcome === undefined;
      if (status >= 400) rejected.inc({ why: isMisplaced ? 'host_or_origin' : (REJECTED[status] ?? 'error') });
    },
    call({ tool, outcome, milliseconds }) {
      calls.inc({ tool, outcome });
      if (outcome === 'cancelled') cancelled.inc();
      seconds.observe({ tool }, milliseconds / 1000);
    },
    stream: (kind, change) => streams.inc({ kind }, change),
    listChange: (client, outcome) => listChanged.inc({ client: labelOf(client), outcome }),
    storeError: () => storeErrors.inc(),
    hubAnswer: (status) => hub.inc({ status }),
  };
  return {
    meters,
    async fetch(request) {
      const turnedAway = checkSource(request, { hosts: [], origins: [] });
      if (turnedAway) return turnedAway;
      if (new URL(request.url).pathname !== '/metrics') return refuse(404, 'Only /metrics is served here.');
      if (request.method !== 'GET') return refuse(405, 'Use GET.', { headers: { Allow: 'GET' } });
      return new Response(await registry.metrics(), { headers: { 'Content-Type': registry.contentType } });
    },
  };
}
