import fastify from 'fastify';

const PROFILE = {
  id: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d',
  email: 'ada@example.com',
  displayName: 'Ada Lovelace',
  roles: ['user'],
  emailVerified: false,
  createdAt: '2026-11-23T09:30:00.000Z',
  updatedAt: '2026-11-23T09:30:00.000Z',
};

const server = fastify();
server.get('/users/me', () => PROFILE);
await server.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
