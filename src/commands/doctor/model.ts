import { findModel } from '../../assistants/find-model.js';
import { HugwireError, toHugwireError } from '../../lib/errors.js';
import { showName } from '../../lib/text.js';
import { type CheckContext, type Finding, findingsOf } from './check.js';

/** Which model would answer, and what its server gets. */
export async function checkModel({ config, env, paths, signal, said, loaded }: CheckContext): Promise<Finding> {
  const { ok, problem, skipped } = findingsOf('model', 'Model');
  if (said instanceof HugwireError) return skipped('not checked: the environment is wrong');
  if (loaded instanceof HugwireError) return skipped('not checked: the config is invalid');
  const { provider, endpointUrl, model } = config.assistants;
  try {
    const found = await findModel({}, { config, env, paths }, signal);
    const name = showName(found.model.id, 120);
    const { kind, source } = found.credential ?? {};
    const sent = kind ? `the ${kind} from ${source} is sent` : 'no token is sent';
    const about = `${found.model.where}; ${sent}`;
    try {
      const listed = await found.list(signal);
      const { contextLength, callsTools } = {
        ...listed.find(({ id }) => id === found.model.id),
        ...(await found.model.info(signal)),
      };
      const window = contextLength === undefined ? '' : `; window ${contextLength.toLocaleString('en')} tokens`;
      const detail = `${name} (${about}${window})`;
      if (callsTools !== false) return ok(detail);
      return findingsOf('model', 'Model').warning(
        `${detail}; it cannot call tools`,
        'Choose one that can: `hugwire config set assistants.model NAME`.',
      );
    } catch {
      return problem(
        `${name} does not answer (${about})`,
        'Start it, or choose another one: `hugwire config unset assistants.endpointUrl`.',
      );
    }
  } catch (error) {
    const { code, message, hint } = toHugwireError(error);
    const isChosen = provider !== undefined || endpointUrl !== undefined || model !== undefined;
    return code === 'not_found' && !isChosen
      ? skipped('none is set up, and none answers on this machine', 'See `hugwire chat --help`.')
      : problem(message, hint);
  }
}
