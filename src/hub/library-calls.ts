// Loaded by `import()` as a module of its own, so that the bundle takes in these functions and not the whole package.
export { listFiles } from '@huggingface/hub';
