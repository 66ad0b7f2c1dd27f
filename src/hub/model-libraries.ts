// A module of its own, to be loaded on first use: a bundler keeps what is named here and drops the rest of the package.
export { MODEL_LIBRARIES_UI_ELEMENTS } from '@huggingface/tasks';
