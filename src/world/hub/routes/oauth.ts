import { createHash, randomBytes } from 'node:crypto';
import { isLoopback } from '../../../lib/hosts.js';
import { parseJsonObject } from '../../../lib/json.js';
import type { DemoRequest, DemoResponse, DemoRoute } from '../../types.js';
import { issueToken } from '../access.js';

/** Logging in with the browser, as the Hub does it for any OAuth app. Who opens the page is maya, and agrees at once. */
export const oauthRoutes: DemoRoute[] = [
  { method: 'GET', pattern: /^\/\.well-known\/oauth-authorization-server$/, bucket: 'pages', handle: describe },
  { method: 'GET', pattern: /^\/\.well-known\/openid-configuration$/, bucket: 'pages', handle: describe },
  { method: 'POST', pattern: /^\/oauth\/register$/, bucket: 'pages', handle: register },
  { method: 'GET', pattern: /^\/oauth\/authorize$/, bucket: 'pages', handle: authorize },
  { method: 'POST', pattern: /^\/oauth\/token$/, bucket: 'pages', handle: giveToken },
];

const PERSON = 'maya';
const SECONDS = 28_800;
const SCOPES =
  'openid profile email read-billing read-repos gated-repos contribute-repos write-repos manage-repos inference-api jobs webhooks write-discussions'.split(
    ' ',
  );

function describe({ origin }: DemoRequest): DemoResponse {
  return {
    body: {
      issuer: origin,
      authorization_endpoint: `${origin}/oauth/authorize`,
      token_endpoint: `${origin}/oauth/token`,
      registration_endpoint: `${origin}/oauth/register`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
      scopes_supported: SCOPES,
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
    },
  };
}

interface App {
  redirects: string[];
}

const apps = new Map<string, App>();

/** RFC 7591. */
function register({ body }: DemoRequest): DemoResponse {
  const wish = parseJsonObject(body.toString('utf8')) ?? {};
  const redirects = Array.isArray(wish.redirect_uris) ? wish.redirect_uris.map(String) : [];
  if (redirects.length === 0) return refuseOauth('invalid_redirect_uri');
  const id = randomBytes(16).toString('hex');
  apps.set(id, { redirects });
  const isPublic = wish.token_endpoint_auth_method === 'none';
  return {
    status: 201,
    body: {
      client_id: id,
      ...(isPublic ? {} : { client_secret: `oauth_app_secret_${randomBytes(16).toString('hex')}` }),
      client_id_issued_at: Math.floor(Date.now() / 1000),
      client_secret_expires_at: 0,
      redirect_uris: redirects,
      client_name: wish.client_name,
      scope: typeof wish.scope === 'string' ? wish.scope : 'openid profile',
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: isPublic ? 'none' : 'client_secret_basic',
    },
  };
}

interface Grant {
  client: string;
  redirect: string;
  challenge: string;
  scopes: string[];
}

const grants = new Map<string, Grant>();
const refreshes = new Map<string, Omit<Grant, 'redirect' | 'challenge'>>();

/** RFC 6749, section 4.1, with PKCE and the issuer of RFC 9207. */
function authorize({ query, origin }: DemoRequest): DemoResponse {
  const read = (name: string) => query.get(name) ?? '';
  const [client, redirect, challenge] = [read('client_id'), read('redirect_uri'), read('code_challenge')];
  if (!URL.canParse(redirect) || !mayReturn(client, redirect)) return refuseOauth('invalid_request');
  const scopes = read('scope').split(' ').filter(Boolean);
  const back = new URL(redirect);
  const unknown = scopes.find((scope) => !SCOPES.includes(scope));
  if (read('response_type') !== 'code' || challenge === '' || read('code_challenge_method') !== 'S256' || unknown) {
    back.searchParams.set('error', unknown ? 'invalid_scope' : 'invalid_request');
  } else {
    const code = randomBytes(16).toString('hex');
    grants.set(code, { client, redirect, challenge, scopes });
    back.searchParams.set('code', code);
  }
  if (query.has('state')) back.searchParams.set('state', read('state'));
  back.searchParams.set('iss', origin);
  return { status: 302, headers: { Location: back.href } };
}

/** Public apps that are named by an address come back to this machine alone; on a port of their choice. */
function mayReturn(client: string, redirect: string): boolean {
  const app = apps.get(client);
  const url = new URL(redirect);
  const bare = ({ protocol, hostname, pathname }: URL) => `${protocol}//${hostname}${pathname}`;
  if (!app) return /^https:\/\//.test(client) && isLoopback(url);
  return app.redirects.some((one) => one === redirect || (isLoopback(url) && bare(new URL(one)) === bare(url)));
}

function giveToken({ body, headers }: DemoRequest): DemoResponse {
  const form = new URLSearchParams(body.toString('utf8'));
  const [, basic] = /^Basic (\S+)$/.exec(headers.authorization ?? '') ?? [];
  const client = basic ? (Buffer.from(basic, 'base64').toString('utf8').split(':')[0] ?? '') : form.get('client_id');
  const read = (name: string) => form.get(name) ?? '';
  if (read('grant_type') === 'authorization_code') {
    const grant = grants.get(read('code'));
    grants.delete(read('code'));
    const proof = createHash('sha256').update(read('code_verifier')).digest('base64url');
    const fits = grant?.client === client && grant?.redirect === read('redirect_uri') && grant?.challenge === proof;
    return grant && fits ? issue(grant) : refuseOauth('invalid_grant');
  }
  if (read('grant_type') !== 'refresh_token') return refuseOauth('unsupported_grant_type');
  const grant = refreshes.get(read('refresh_token'));
  // Each is good once.
  refreshes.delete(read('refresh_token'));
  return grant?.client === client && grant ? issue(grant) : refuseOauth('invalid_grant');
}

function issue({ client, scopes }: Omit<Grant, 'redirect' | 'challenge'>): DemoResponse {
  const refresh = `hf_refresh_${randomBytes(16).toString('hex')}`;
  refreshes.set(refresh, { client, scopes });
  return {
    headers: { 'Cache-Control': 'no-store' },
    body: {
      access_token: issueToken(PERSON, scopes, SECONDS),
      token_type: 'bearer',
      expires_in: SECONDS,
      refresh_token: refresh,
      scope: scopes.join(' '),
    },
  };
}

const refuseOauth = (error: string): DemoResponse => ({ status: 400, body: { error, error_description: error } });
