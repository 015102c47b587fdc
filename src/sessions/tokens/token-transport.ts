/** Every way in which the tokens of a session can travel. */
export const TOKEN_TRANSPORTS = ['cookie', 'body'] as const;

/** How the tokens of a session travel: in cookies that no script can read, or in the body of the response. */
export type TokenTransport = (typeof TOKEN_TRANSPORTS)[number];
