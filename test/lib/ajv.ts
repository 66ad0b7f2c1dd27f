import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonSchema } from '../../src/lib/json-schema.js';

const ajv = new Ajv2020({ strict: false, validateSchema: true, addUsedSchema: false, logger: false });

/**
 * Compiles a schema with a validator that hugwire does not use itself: what it takes, clients and model APIs take.
 * @param schema of draft 2020-12
 * @throws Error when it is not valid
 */
export function compileSchema(schema: JsonSchema): ValidateFunction {
  return ajv.compile(schema);
}
