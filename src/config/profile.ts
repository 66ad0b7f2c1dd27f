import { HugwireError } from '../errors.js';
import { overlay } from './overlay.js';
import type { Config } from './schema.js';

/**
 * The configuration with a profile laid over it: each key of the profile wins over the same key of the file, objects
 * merge, lists replace.
 * @param config the whole file, with its defaults
 * @param name of the profile; unset: the file as it is
 * @throws HugwireError `invalid_arguments` when there is no such profile; it names those there are
 */
export function applyProfile(config: Config, name: string | undefined): Config {
  if (name === undefined) return config;
  const { profiles, ...base } = config;
  return { ...overlay(base, findProfile(config, name)), profiles };
}

function findProfile({ profiles }: Config, name: string): Config['profiles'][string] {
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (found) return found;
  const names = Object.keys(profiles);
  throw new HugwireError('invalid_arguments', `There is no profile "${name}" in the config.`, {
    hint: names.length > 0 ? `There are: ${names.join(', ')}.` : PROFILES_HINT,
  });
}

const PROFILES_HINT = 'Make one, such as: hugwire config set profiles.work.tools.readOnly true';
