import type { Misbehaviour } from './misbehaviour.js';
import { failWith } from './texts.js';

const refuse = (status: number, body: unknown): Misbehaviour => ({
  answer: {
    join: ({ response }) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
  },
});

const gpu = (title: string, error: string): Misbehaviour => failWith({ error, title, duration: 10, visible: true });

/** Failures that an honest Space has too, in every wording that is known, by name. */
export const FAILURES = {
  'queue-full': refuse(503, { detail: 'Queue is full. Max size is 1 and size is 1.' }),
  'queue-stopped': refuse(503, { detail: 'Queue is stopped.' }),
  'no-session': refuse(400, { detail: 'Session hash not found.' }),
  validator: refuse(422, {
    detail: [{ __type__: 'validate', is_valid: false, message: 'too short', parameter_name: 'text' }],
  }),
  'body-refused': refuse(422, {
    detail: [{ type: 'list_type', loc: ['body', 'data'], msg: 'Input should be a valid list', input: 'x' }],
  }),
  'no-event-id': refuse(200, { success: true }),
  'odd-event-id': refuse(200, { event_id: { a: 1 } }),
  'proto-event-id': refuse(200, { event_id: '__proto__' }),
  'upload-too-large': {
    answer: {
      upload: ({ response }) =>
        void response
          .writeHead(413, { 'content-type': 'text/plain' })
          .end('File size exceeded maximum allowed size of 5 bytes.'),
    },
  },
  'upload-odd-paths': {
    answer: {
      upload: ({ response }) =>
        void response.writeHead(200, { 'content-type': 'application/json' }).end('[null,{"path":"/x"},7]'),
    },
  },
  'error-hidden': failWith({ error: null }),
  'error-missing': failWith({}),
  'error-quoted': failWith({ error: "'Bad <b>thing</b>'", duration: 10, visible: true }),
  'error-html': failWith({
    error: 'Bad <b>thing</b><a href="http://evil.test">here</a>',
    title: 'Oops',
    visible: true,
  }),
  'error-not-text': failWith({ error: { a: 1 }, title: 7, visible: true }),
  'gpu-quota': gpu(
    'ZeroGPU quota exceeded',
    'You have exceeded your free ZeroGPU quota (120s requested vs. 44s left). Try again in 23:14:07',
  ),
  'gpu-quota-pro': gpu(
    'ZeroGPU quota exceeded',
    'You have exceeded your Pro GPU quota (120s requested vs. 44s left). Try again in 0:14:07',
  ),
  'gpu-quota-anonymous': failWith({
    error:
      "'You have exceeded your ZeroGPU quota (146s requested vs. 62s left). Try again in 23:59:09. Authenticate with a " +
      "Hugging Face token for more quota - https://huggingface.co/settings/tokens'",
    visible: true,
  }),
  'gpu-quota-old': failWith({
    error:
      'You have exceeded your GPU quota (60s requested vs. 56s left). <a style="white-space: nowrap" ' +
      'href="https://huggingface.co/join">Create a free account</a> to get more usage quota.',
    visible: true,
  }),
  'gpu-runs': gpu(
    'ZeroGPU quota exceeded',
    'You have exceeded your ZeroGPU runs limit. Authenticate with a Hugging Face token for more quota',
  ),
  'gpu-space-limit': gpu('ZeroGPU quota exceeded', 'Space app has reached its GPU limit.'),
  'gpu-queue': gpu('ZeroGPU queue timeout', 'No GPU was available after 60s. Retry later'),
  'gpu-credits': gpu(
    'ZeroGPU pending credits exceeded',
    'You have too many ZeroGPU credits allocated to running tasks.',
  ),
  'gpu-duration': gpu(
    'ZeroGPU illegal duration',
    'The requested GPU duration (180s) is larger than the maximum allowed',
  ),
  'gpu-worker': gpu('ZeroGPU worker error', 'GPU task aborted'),
  'gpu-worker-exception': gpu('ZeroGPU worker error', 'RuntimeError'),
  'gpu-client': gpu('ZeroGPU client error', 'Expired ZeroGPU proxy token'),
  'gpu-capacity': failWith({ error: 'The shared ZeroGPU pool is at capacity', visible: true }),
} satisfies Record<string, Misbehaviour>;
