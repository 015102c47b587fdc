import { problemTable } from './problem.js';

/** Registered by draft-ietf-httpapi-ratelimit-headers, section 5.2. */
const TEMPORARY_REDUCED_CAPACITY =
  'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity';

/** Errors that any request can cause, in any module. */
export const PlatformErrors = problemTable({
  validation_failed: [
    400,
    'Validation failed',
    'The request is well formed, but some of its members are invalid.',
  ],
  malformed_request: [400, 'Malformed request', 'The request could not be read.'],
  not_found: [404, 'Not found', 'Resource not found.'],
  method_not_allowed: [405, 'Method not allowed', 'This resource does not support the request method.'],
  payload_too_large: [
    413,
    'Payload too large',
    'The body is larger than the route accepts, which is 64 KiB on most routes.',
  ],
  unsupported_media_type: [415, 'Unsupported media type', 'The body must be sent as application/json.'],
  overloaded: [503, 'Overloaded', 'The service is busy; try again shortly.', TEMPORARY_REDUCED_CAPACITY],
  dependency_unavailable: [
    503,
    'Dependency unavailable',
    'A system that the service needs for this request, such as its database, is unavailable; try again shortly.',
  ],
  internal: [
    500,
    'Internal error',
    'An unexpected error occurred in the service. Report the request id to its operator.',
  ],
});
