import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

// Preloaded into the official server, whose hosts are fixed: sends what it asks of the Hub to the small Hub instead.
// Reads HUB_DOUBLE, the address of the small Hub, and CDN_DOUBLE, where that redirects large files to.

const HUB = 'https://huggingface.co';
const CDN = 'https://cdn-lfs.hf.co';
const { HUB_DOUBLE, CDN_DOUBLE } = process.env;

/** Origins that it knows, and where their double is. */
const DOUBLES = {
  [HUB]: HUB_DOUBLE,
  'https://hf.co': HUB_DOUBLE,
  'https://datasets-server.huggingface.co': `${HUB_DOUBLE}/datasets-server`,
  [CDN]: CDN_DOUBLE,
};

const send = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const { origin, pathname, search } = new URL(request.url);
  const double = DOUBLES[origin];
  if (!double) throw new TypeError(`no double of ${origin}`);
  return disguise(await send(new Request(`${double}${pathname}${search}`, request)), request.url);
};

/** The answer as the Hub itself would have given it, with its own addresses: it follows no others. */
async function disguise(response, url) {
  const headers = new Headers([...response.headers].map(([name, value]) => [name, rename(value)]));
  const { status, statusText } = response;
  const isText = /json|text|markdown/.test(headers.get('content-type') ?? '');
  const body = [204, 304].includes(status) ? null : isText ? rename(await response.text()) : response.body;
  if (isText) headers.delete('content-length');
  const disguised = new Response(body, { status, statusText, headers });
  Object.defineProperty(disguised, 'url', { value: url });
  return disguised;
}

function rename(text) {
  return text.replaceAll(HUB_DOUBLE, HUB).replaceAll(CDN_DOUBLE, CDN);
}

// It looks names up before it connects, to refuse private addresses. Any public one will do: nothing connects to it.
dns.promises.lookup = async (_name, options) => {
  const address = { address: '93.184.215.14', family: 4 };
  return options?.all ? [address] : address;
};
syncBuiltinESMExports();
