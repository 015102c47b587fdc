import { describe, expect, it } from 'vitest';
import { ConfigurationFault } from '../platform/config/configuration-fault.js';
import { assertNotAnInstallation, assertRead, readableVariables } from './ephemeral-variables.js';

describe('The environment of a throwaway service', () => {
  it.each([{ DATABASE_URL: 'postgres://db/app' }, { NODE_ENV: 'production' }, { NODE_ENV: ' Production ' }])(
    'is refused with %j',
    (variables) => {
      expect(() => assertNotAnInstallation(variables)).toThrow(ConfigurationFault);
    },
  );

  it('is accepted with neither', () => {
    expect(() => assertNotAnInstallation({ DATABASE_URL: ' ', NODE_ENV: 'test' })).not.toThrow();
  });

  it('is read for origins, words, policies and lifetimes, and for nothing that leads outside', () => {
    const read = {
      CORS_ORIGINS: 'https://app.example.org',
      LOG_LEVEL: 'warn',
      PRODUCT_NAME: 'Shop',
      MAIL_TEMPLATES_DIR: '/srv/mails',
      GATEWAY_RULES: 'rules.yaml',
      LOGIN_URL: 'http://localhost:5173/login',
      RATE_LIMIT_LOGIN: '50/60',
      JWT_ACCESS_TOKEN_EXPIRE_MINUTES: '5',
      PASSWORD_RESET_EXPIRE_MINUTES: '5',
      REQUIRE_VERIFIED_EMAIL: 'true',
      SESSION_MAX_DAYS: '1',
    };
    const ignored = {
      REDIS_URL: 'redis://cache',
      SMTP_URL: 'smtp://mail',
      JWT_SECRET_KEY: 'secret',
      PASSWORD_PEPPER: 'pepper',
      JWT_PRIVATE_KEY: 'key',
      LINK_RESET_URL: 'https://app.example.org/reset',
      HOST: '0.0.0.0',
      PORT: '80',
      BCRYPT_ROUNDS: '12',
      ALERT_WEBHOOK_URL: 'https://alerts.example.org',
      PATH: '/bin',
    };
    expect(readableVariables({ ...read, ...ignored })).toEqual(read);
  });

  it('is refused with the names of variables that were set for it and are not read', () => {
    const names = ['COOKIE_SAME_SITE', 'REGISTRATION', 'PATH', 'NODE_OPTIONS', 'TZ', 'LC_ALL', 'SMTP_URL'];
    expect(() => assertRead(names)).toThrow(
      new ConfigurationFault([
        'COOKIE_SAME_SITE is not read by a throwaway service',
        'SMTP_URL is not read by a throwaway service',
      ]),
    );
    expect(() => assertRead(['RATE_LIMIT_LOGIN', 'TZ'])).not.toThrow();
  });
});
