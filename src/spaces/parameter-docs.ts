import { isObject } from '../schema/json-schema.js';
import { cleanText } from '../text/sanitize.js';
import type { ParameterDocs } from './endpoints.js';

const MAX_TEXT = 400;

/**
 * Reads what docstrings say of parameters from the tool list of an app that serves MCP; `/info` does not have it.
 * @param schema answer of `/mcp/schema`: a list of tools, or an object from tool name to input schema
 */
export function readParameterDocs(schema: unknown): ParameterDocs {
  const docs: ParameterDocs = new Map();
  for (const { name, inputs } of listTools(schema)) {
    if (!isObject(inputs) || !isObject(inputs.properties)) continue;
    const texts = new Map<string, string>();
    for (const [parameter, property] of Object.entries(inputs.properties)) {
      const text = isObject(property) && typeof property.description === 'string' ? property.description : '';
      if (text.trim()) texts.set(parameter, cleanText(text, MAX_TEXT).trim());
    }
    if (texts.size > 0) docs.set(name, texts);
  }
  return docs;
}

function listTools(schema: unknown): { name: string; inputs: unknown }[] {
  if (!Array.isArray(schema)) {
    return isObject(schema) ? Object.entries(schema).map(([name, inputs]) => ({ name, inputs })) : [];
  }
  return schema.filter(isObject).flatMap((tool) => {
    // A tool is named after its Python function; `meta` knows the endpoint.
    const endpoint = isObject(tool.meta) ? tool.meta.endpoint_name : undefined;
    const name = typeof endpoint === 'string' ? endpoint : tool.name;
    return typeof name === 'string' ? [{ name: name.replace(/^\/+/, ''), inputs: tool.inputSchema }] : [];
  });
}
