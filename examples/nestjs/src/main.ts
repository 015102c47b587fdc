import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const { PORT = '4001', PAGE_ORIGIN } = process.env;

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
// Pages of this origin may send their access token, and read which proof is missing.
if (PAGE_ORIGIN)
  app.enableCors({ origin: PAGE_ORIGIN, exposedHeaders: ['WWW-Authenticate', 'X-Request-Id'] });
app.enableShutdownHooks();
await app.listen(Number(PORT), 'localhost');
console.log(`Notes: http://localhost:${PORT}/notes`);
