import type { onSendHookHandler } from 'fastify';
import { contextOf } from '../platform/http/request-context.js';

/** Everything outside of printable ASCII, which a header field cannot carry. */
const NOT_PRINTABLE = /[^\x20-\x7e]/g;

/**
 * Adapts refusals to nginx, whose `auth_request` handles only 2xx, 401 and 403, and drops the body: the status is in
 * `X-Portcullis-Status` and the problem in `X-Portcullis-Problem`, from which its configuration restores them. For the
 * forward-auth routes, after the hook that records the call.
 */
export const answerNginx: onSendHookHandler = (request, reply, payload, done) => {
  const { statusCode } = reply;
  const isFromNginx =
    request.headers['x-portcullis-proxy'] === 'nginx' && contextOf(request).forwardAuth !== null;
  if (isFromNginx && statusCode >= 300) {
    // A redirect replaces a 401; nginx would not pass any other status on.
    void reply
      .status(statusCode === 302 || statusCode === 401 ? 401 : 403)
      .header('x-portcullis-status', String(statusCode))
      .header('x-portcullis-problem', Buffer.isBuffer(payload) ? inHeader(payload) : '');
  }
  done(null, payload);
};

function inHeader(json: Buffer): string {
  return json
    .toString()
    .replaceAll(NOT_PRINTABLE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
