import { createRemoteJWKSet, jwtVerify } from 'jose';
import { createServer } from 'node:http';

/**
 * An API that accepts the access tokens of Portcullis and verifies them by itself. `now` returns the present, which a test
 * moves together with the clock of Portcullis.
 */
export function createApi({ issuer, audience = 'portcullis', now = () => new Date() }) {
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', issuer));
  const verify = async (authorization = '') => {
    const [, token] = /^Bearer (\S+)$/i.exec(authorization) ?? [];
    if (token === undefined) return null;
    const options = { issuer, audience, algorithms: ['RS256'], typ: 'at+jwt', currentDate: now() };
    return jwtVerify(token, keys, options).then(
      // The token of a program has no session.
      ({ payload }) => (payload.sid === undefined ? null : payload),
      () => null,
    );
  };
  const answer = async (request, response) => {
    const claims = await verify(request.headers.authorization);
    response.statusCode = claims ? 200 : 401;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(claims ? { hello: claims.sub } : { error: 'not signed in' }));
  };
  return createServer((request, response) => {
    void answer(request, response);
  });
}
