import type { JsonSchema } from '../../schema/json-schema.js';
import type { Endpoint, EndpointParameter } from '../types.js';

/**
 * The schema of all arguments of an endpoint: an object, never a union at the root.
 * @param endpoint described
 */
export function inputSchema(endpoint: Endpoint): JsonSchema {
  const required = endpoint.parameters.filter((one) => one.required).map((one) => one.name);
  return {
    type: 'object',
    properties: Object.fromEntries(endpoint.parameters.map((one) => [one.name, withDefault(one)])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

// A default that is an object is of no use to a reader: a file on the Space's disk, or a wire form.
function withDefault(parameter: EndpointParameter): JsonSchema {
  const { default: value, required, schema } = parameter;
  const tellable = !required && value !== null && (typeof value !== 'object' || parameter.wire === undefined);
  return tellable ? { ...schema, default: value } : schema;
}
