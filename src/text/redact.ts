// Formats: user and OAuth tokens `hf_…`, OIDC `hf_jwt_…`, organisation tokens `api_org_…`.
const SECRETS: [RegExp, string][] = [
  [/\b(?:hf_|api_org_)[A-Za-z0-9_.-]{8,}/g, '[token]'],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [token]'],
  [
    /([?&](?:__sign|X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|Signature|Key-Pair-Id|token)=)[^&\s"']+/gi,
    '$1[secret]',
  ],
  [/(https?:\/\/)[^\s/@:]+:[^\s/@]+@/gi, '$1[secret]@'],
];

/**
 * Replaces tokens, authorisation values and signatures in URLs by a placeholder; for logs and errors.
 * @param text any text
 * @param extra further values that must not appear, such as a token of no known format
 */
export function redact(text: string, extra: readonly (string | undefined)[] = []): string {
  let clean = text;
  for (const value of extra) if (value && value.length >= 8) clean = clean.replaceAll(value, '[token]');
  for (const [pattern, replacement] of SECRETS) clean = clean.replace(pattern, replacement);
  return clean;
}
