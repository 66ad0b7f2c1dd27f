// Stands in for ajv and ajv-formats, which the MCP SDK and conf import, and for the copies of them in the SDK's second version. ajv compiles every schema to source that it runs with
// `new Function`, which has no place in a program that lets no hidden code run, and it is slow to load. Nothing asks for it:
// schemas are checked with zod and @cfworker/json-schema.

/** Both a class, for `new Ajv()`, and a function that does nothing, for `addFormats(ajv)`. */
function Ajv() {}

Ajv.prototype.compile = () => {
  throw new Error('ajv is not part of hugwire.');
};
Ajv.prototype.getSchema = Ajv.prototype.compile;

/** Of the SDK's client, which a web page may be. */
export const CORS_IS_POSSIBLE = false;
export { default as process } from 'node:process';
export { Ajv as Ajv2020, Ajv as DefaultJsonSchemaValidator, Ajv as default };
