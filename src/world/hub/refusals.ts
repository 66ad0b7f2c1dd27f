import type { DemoResponse } from '../types.js';

/** Thrown when a request cannot be served; the router sends the answer that it carries. */
export class RequestRefused extends Error {
  override readonly name = 'Refused';

  /** @param response the answer to send */
  constructor(readonly response: DemoResponse) {
    super(`refused with ${response.status}`);
  }
}

/** `json` for the API, `text` for file routes, which answer in plain text. */
export type RefusalForm = 'json' | 'text';

/**
 * An error as the Hub words it: the message in the body and again in `X-Error-Message`, the code in `X-Error-Code`.
 * @param status HTTP status
 * @param message what the caller reads
 * @param code the Hub's error code, where it has one
 * @param form of the body
 */
export function refuse(status: number, message: string, code?: string, form: RefusalForm = 'json'): DemoResponse {
  const headers: Record<string, string> = { 'X-Error-Message': headerText(message) };
  if (code) headers['X-Error-Code'] = code;
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer realm="Authentication required", charset="UTF-8"';
  return { status, headers, body: form === 'json' ? { error: message } : message };
}

/** Header values carry no line breaks and no characters beyond Latin-1. */
function headerText(message: string): string {
  return message
    .replace(/[^\x20-\x7e\xa1-\xff]+/g, ' ')
    .replace(/ +/g, ' ')
    .trim();
}

/** The anonymous answer for a repository that is missing or private: it does not say which. */
export const unauthenticated = (form?: RefusalForm) => refuse(401, 'Invalid username or password.', undefined, form);

/** The token is unknown, revoked or expired. */
export const badToken = () => refuse(401, 'Invalid credentials in Authorization header');

/** A repository that is missing or not visible, told to somebody with a token. */
export const repoNotFound = (form?: RefusalForm) => refuse(404, 'Repository not found', 'RepoNotFound', form);

/** @param revision as the caller wrote it */
export const revisionNotFound = (revision: string, form?: RefusalForm) =>
  refuse(404, `Invalid rev id: ${revision}`, 'RevisionNotFound', form);

/** The repository and revision exist, the path does not. */
export const entryNotFound = (path: string, revision: string, form?: RefusalForm) =>
  refuse(404, form === 'text' ? 'Entry not found' : `${path} does not exist on "${revision}"`, 'EntryNotFound', form);

/** The Hub's administrators switched the repository off. */
export const disabled = (form?: RefusalForm) => refuse(403, 'Access to this resource is disabled.', undefined, form);

/**
 * A parameter that does not validate, in the words of the Hub's schema checker.
 * @param problem such as `Invalid sort parameter: trending_score`
 * @param field where it is, when the checker names it
 */
export const badParameter = (problem: string, field?: string) =>
  refuse(400, field ? `✖ ${problem}\n  → at ${field}` : `✖ ${problem}`);

/** A parameter with a value that is not one of the options. */
export const badOption = (options: readonly string[], field: string) =>
  badParameter(`Invalid option: expected one of ${options.map((option) => JSON.stringify(option)).join('|')}`, field);

/** No route has this path. */
export const noRoute = (path: string) =>
  path.startsWith('/api/')
    ? refuse(404, "Sorry, we can't find the page you are looking for.")
    : {
        status: 404,
        headers: { 'Content-Type': 'text/html; charset=utf-8' },
        body: '<!doctype html><title>404 – Hugging Face</title><h1>404</h1><p>Sorry, we can’t find the page you are looking for.</p>',
      };
