// Formats: user and OAuth tokens `hf_…`, OIDC `hf_jwt_…`, organisation tokens `api_org_…`, bare JWTs of Spaces.
const SECRETS: [RegExp, string][] = [
  [/(?<![A-Za-z0-9])(?:hf_|api_org_)[A-Za-z0-9_.-]{7,}[A-Za-z0-9_-]/g, '[token]'],
  [/(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g, '[token]'],
  // A digit or a sign tells a secret from "Bearer authentication" and "Basic understanding".
  [/\b(Bearer|Basic)\s+(?=[A-Za-z._~-]*[0-9+/=])[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [token]'],
  [
    /([?&](?:__sign|X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|Signature|Key-Pair-Id|sig|(?:access_|auth_|hf_)?token|api_key)=)[^&\s"']+/gi,
    '$1[secret]',
  ],
  [/([a-z][a-z0-9+.-]{1,15}:\/\/)[^\s/@:]+:[^\s/@]+@/gi, '$1[secret]@'],
];

/**
 * Replaces tokens, authorisation values and signatures in URLs by a placeholder; for logs and errors.
 * @param text any text
 */
export function redact(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of SECRETS) clean = clean.replace(pattern, replacement);
  return clean;
}

/** Anything shorter may be an ordinary word. */
const MIN_SECRET = 8;

/**
 * Replaces one value, such as a token of no known format, by a placeholder. To be done before anything cuts the text.
 * @param text any text
 * @param secret the value; undefined when there is none
 */
export function hide(text: string, secret: string | undefined): string {
  return secret !== undefined && secret.length >= MIN_SECRET ? text.replaceAll(secret, '[token]') : text;
}
