import { type ErrorCode, HugwireError, toHugwireError } from '../../lib/errors.js';
import { isObject } from '../../lib/json.js';
import { cleanText, redact } from '../../lib/text.js';

type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'insufficient_quota'
  | 'rate_limit_error'
  | 'server_error';

/** The error as clients of the API read it. */
export interface ErrorBody {
  message: string;
  type: ErrorType;
  param: string | null;
  code: string | null;
}

/** A request that cannot be answered as asked. */
export class ApiError extends Error {
  readonly status: number;
  /** What is wrong in the request, such as `input[0].role`. */
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    message: string,
    {
      param = null,
      code = null,
      headers = {},
    }: { param?: string | null; code?: string | null; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.status = status;
    this.param = param;
    this.code = code;
    this.headers = headers;
  }

  get body(): ErrorBody {
    return { message: this.message, type: typeOf(this.status), param: this.param, code: this.code };
  }
}

function typeOf(status: number): ErrorType {
  const known: Record<number, ErrorType> = {
    401: 'authentication_error',
    402: 'insufficient_quota',
    403: 'permission_error',
    429: 'rate_limit_error',
  };
  return known[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
}

/** Clients send again what was answered with 408, 409, 429 or 5xx: only what another try can help has one of these. */
const STATUS: Record<ErrorCode, number> = {
  invalid_arguments: 400,
  not_found: 404,
  not_visible: 404,
  gated: 403,
  // The token of a model's server, and not the key of this one, with which the caller came in.
  unauthorized: 403,
  rate_limited: 429,
  quota_exceeded: 402,
  offline: 400,
  timeout: 504,
  unavailable: 502,
  space_asleep: 503,
  space_broken: 400,
  space_error: 400,
  too_large: 400,
  blocked: 403,
  disabled: 403,
  cancelled: 400,
  internal: 500,
};

/** What clients know by another name. */
const CODES: Partial<Record<ErrorCode, string>> = { too_large: 'context_length_exceeded' };

/** An error of a turn as the response that it ended has it. */
export function codeOf(code: string): string {
  return CODES[code as ErrorCode] ?? code;
}

/**
 * Whatever was thrown, as an error of the API.
 * @param error what was caught
 */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const { code, message, hint, retryAfterSeconds } = toHugwireError(error);
  const said = redact(hint ? `${message} ${hint}` : message);
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterSeconds))) };
  return new ApiError(STATUS[code], said, { code: codeOf(code), headers });
}

/** The same of an error that a turn ended with. */
export function failureOf({ code, message, hint }: { code: string; message: string; hint?: string }): ApiError {
  return toApiError(new HugwireError(code in STATUS ? (code as ErrorCode) : 'internal', message, { hint }));
}

/** The answer that tells of it. */
export function refuse(error: ApiError): Response {
  return Response.json({ error: error.body }, { status: error.status, headers: error.headers });
}

/**
 * An answer that something else gave before the API was asked, with the same words in the shape of the API.
 * @param response of the guard, of whoever checks keys, or of the server
 */
export async function reshape(response: Response): Promise<Response> {
  const text = await response.text();
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    said = {};
  }
  const { error, error_description } = isObject(said) ? said : {};
  const message = isObject(error) ? error.message : (error_description ?? error);
  const headers = new Headers(response.headers);
  for (const name of ['content-type', 'content-length']) headers.delete(name);
  const code = response.status === 401 ? 'invalid_api_key' : null;
  const words =
    typeof message === 'string' ? cleanText(message, 2_000) : `The request was refused (${response.status}).`;
  return refuse(new ApiError(response.status, words, { code, headers: Object.fromEntries(headers) }));
}
