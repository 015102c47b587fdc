import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { guardedLookup, isRefusedAddress } from './outbound-address.js';

const TIMEOUT_MS = 5_000;

/**
 * Posts a JSON body. Any 2xx response is a success. The receiver is not trusted: the whole exchange takes at most 5
 * s, a redirect is a failure (RFC 9110 section 15.4 lets clients ignore it, and it could point to an internal
 * address), and the response body is discarded unread. Throws an error that names the cause.
 */
export function postJson(url: URL, body: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isRefusedAddress(literal)) return Promise.reject(new Error(`${literal} is a link-local address`));
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      agent: false,
      lookup: guardedLookup,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'Portcullis',
        ...headers,
      },
    });
    request.once('response', ({ statusCode = 0 }) => {
      if (statusCode >= 200 && statusCode < 300) resolve();
      else reject(new Error(`The receiver responded with ${statusCode}`));
      request.destroy();
    });
    request.on('error', (error) =>
      reject(
        error.name === 'TimeoutError' || error.name === 'AbortError'
          ? new Error(`No response within ${TIMEOUT_MS} ms`)
          : error,
      ),
    );
    // Without a response or an error: Node closes the connection that a receiver wants to upgrade.
    request.once('close', () => reject(new Error('The connection closed without a response')));
    request.end(body);
  });
}
