import { HugwireError } from '../errors.js';
import { redact } from '../text/redact.js';

/** Tokens of the Hub and JWTs, long enough not to be the name of a Space or a tool. */
const TOKEN = /(?<![A-Za-z0-9])(?:(?:hf_|api_org_)[A-Za-z0-9]{16,}|hf_jwt_|eyJ[\w-]{8,}\.[\w-]{8,})/;
const HINT =
  'The config says where the token is read from, never what it is: `hugwire auth login` stores it, or set HF_TOKEN.';

/**
 * Refuses to write a token into the config. In the section `token`, where people put it most, whatever may be one.
 * @param path of the value
 * @param value anything
 * @throws HugwireError `invalid_arguments`; it names the key and never the value
 */
export function refuseSecrets(path: readonly (string | number)[], value: unknown): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) refuseSecrets([...path, key], inner);
  }
  const inTokens = path.includes('token');
  const secret = (text: string) => TOKEN.test(text) || (inTokens && redact(text) !== text);
  if (!path.some((key) => secret(String(key))) && !(typeof value === 'string' && secret(value))) return;
  throw new HugwireError('invalid_arguments', `What is given for "${redact(path.join('.'))}" looks like a token.`, {
    hint: HINT,
  });
}
