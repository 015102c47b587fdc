import { createVerifier } from '@portcullis/verify';
import { authenticate } from '@portcullis/verify/express';
import express from 'express';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';

const { PORTCULLIS_URL = 'http://localhost:3000', PORTCULLIS_KEY, PORT = '4000' } = process.env;

const verifier = createVerifier({
  issuer: PORTCULLIS_URL,
  audience: 'portcullis',
  // With an API key that has the scope revocations:read, a session that has ended is refused within two seconds.
  revocations: PORTCULLIS_KEY ? { key: PORTCULLIS_KEY } : undefined,
});

// Page, API and Portcullis are on one host, so that the API gets the cookies of Portcullis; their ports do not matter.
const origins = [`http://localhost:${PORT}`];
const allow = (requirements) => authenticate(verifier, { cookies: true, origins, ...requirements });

const orders = new Map();
const app = express();
app.use(express.json());

// All people have the role `user`, and no program has it.
app.get('/orders', allow({ roles: ['user'] }), ({ auth }, response) => {
  const isStaff = auth.roles.includes('admin');
  response.json([...orders.values()].filter(({ owner }) => isStaff || owner === auth.subject));
});

app.post('/orders', allow({ roles: ['user'] }), ({ auth, body }, response) => {
  const order = { id: randomUUID(), owner: auth.subject, article: String(body?.article ?? '') };
  orders.set(order.id, order);
  response.status(201).json(order);
});

// Only staff, and only who has proved within the last five minutes who they are.
app.delete('/orders/:id', allow({ roles: ['admin'], maxAgeSeconds: 300 }), ({ params }, response) => {
  response.sendStatus(orders.delete(params.id) ? 204 : 404);
});

app.get('/config.js', (_request, response) => {
  response.type('text/javascript').send(`export const baseUrl = ${JSON.stringify(PORTCULLIS_URL)};\n`);
});
app.use('/client', express.static(fileURLToPath(new URL('.', import.meta.resolve('@portcullis/client')))));
app.use(express.static(fileURLToPath(new URL('public', import.meta.url))));

const server = app.listen(Number(PORT), () => console.log(`Orders: http://localhost:${PORT}`));
process.once('SIGTERM', () => {
  verifier.close();
  server.close();
  server.closeAllConnections();
});
