import type { DemoResponse } from '../../types.js';

/**
 * An error in the viewer's form.
 * @param status HTTP status
 * @param code for `X-Error-Code`
 * @param error what happened
 * @param cause of an internal error: it comes with a traceback
 */
function viewerRefusal(status: number, code: string, error: string, cause?: string): DemoResponse {
  const details = cause
    ? {
        cause_exception: 'OSError',
        cause_message: cause,
        cause_traceback: ['Traceback (most recent call last):\n', `OSError: ${cause}\n`],
      }
    : {};
  return { status, headers: { 'X-Error-Code': code }, body: { error, ...details } };
}

/** Missing, private, or gated without access: the viewer does not say which. */
export const notAccessible = (loggedIn: boolean): DemoResponse =>
  loggedIn
    ? viewerRefusal(
        404,
        'ExternalAuthenticatedError',
        'The dataset does not exist, or is not accessible with the current credentials (private or gated). Please check the spelling of the dataset name or retry with other authentication credentials.',
      )
    : viewerRefusal(
        401,
        'ExternalUnauthenticatedError',
        'The dataset does not exist, or is not accessible without authentication (private or gated). Please check the spelling of the dataset name or retry with authentication.',
      );

/** The dataset bears another name now. */
export const renamedDataset = (): DemoResponse =>
  viewerRefusal(404, 'RenamedDatasetError', 'The dataset has been renamed. Please use the current dataset name.');

/** The workers have not come to it yet. */
export const notReady = (): DemoResponse =>
  viewerRefusal(
    500,
    'ResponseNotReady',
    'The server is busier than usual and the response is not ready yet. Please retry later.',
  );

/** No such config or split. */
export const nothingThere = (): DemoResponse => viewerRefusal(404, 'ResponseNotFound', 'Not found.');

/** @param name of the parameter */
export const missingParameter = (name: string): DemoResponse =>
  viewerRefusal(422, 'MissingRequiredParameter', `Parameter '${name}' is required`);

/** @param error what is wrong with which parameter */
export const invalidParameter = (error: string): DemoResponse => viewerRefusal(422, 'InvalidParameter', error);
