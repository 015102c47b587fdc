import { problemTable } from '../platform/errors/problem.js';

/** Errors of the gateway's own routes. */
export const GatewayErrors = problemTable({
  unknown_return_address: [
    400,
    'Unknown return address',
    'The address to return to is not on one of the origins of GATEWAY_ORIGINS.',
  ],
});
