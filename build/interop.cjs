// What a chunk of the bundle needs to be CommonJS: the helpers that esbuild would otherwise write into each of them.
const namespaces = new Map();

/** Gives a chunk its exports, which stay live, as those of an ES module do. */
exports.publish = (module, getters) => {
  Object.defineProperty(module.exports, '__esModule', { value: true });
  for (const name of Object.keys(getters)) {
    Object.defineProperty(module.exports, name, { get: getters[name], enumerable: true });
  }
};

/** Adds the members of a CommonJS package behind `import()` to its default, as named exports: Node does so. */
exports.publishMembers = (module) => {
  const members = module.exports.default;
  for (const name of Object.keys(Object(members))) {
    if (!(name in module.exports)) module.exports[name] = members[name];
  }
};

/** A part of Node that is loaded when something of it is first used. */
exports.later = (load) => new Proxy({}, { get: (_, name) => load()[name] });

/** A required module as `import *` shows it; one that is not of the bundle is its own default. */
exports.toNamespace = (required) => {
  if (required?.__esModule) return required;
  if (namespaces.has(required)) return namespaces.get(required);
  const namespace = Object.create(Object.getPrototypeOf(required));
  Object.defineProperty(namespace, 'default', { value: required, enumerable: true });
  for (const [name, { enumerable }] of Object.entries(Object.getOwnPropertyDescriptors(required))) {
    if (name !== 'default') Object.defineProperty(namespace, name, { get: () => required[name], enumerable });
  }
  namespaces.set(required, namespace);
  return namespace;
};
