/** The password of {@link FOREIGN_HASHES}. */
export const FOREIGN_PASSWORD = 'wandering otters hum at 4 bells';

/** Hashes of one password, made by other programs than this one: Python's hashlib and crypt, OpenSSL and glibc. */
export const FOREIGN_HASHES: Readonly<Record<string, unknown>> = {
  'bcrypt ($2y$)': '$2y$04$abcdefghijklmnopqrstuus.o/wVymUDnyS6MK5AO3185drwCGcU.',
  argon2id:
    '$argon2id$v=19$m=1024,t=2,p=2$c2FsdHNhbHRzYWx0c2FsdA$OsYcO4abqfshk6aRilxKpBpGvkMajeysRQqVk+l/Iig',
  argon2i: '$argon2i$v=19$m=1024,t=2,p=2$c2FsdHNhbHRzYWx0c2FsdA$aNlKh2fzOyqk7Ngy/PdTxTJWeH10jtP1Ml7h2hA9IvM',
  argon2d: '$argon2d$v=19$m=1024,t=2,p=2$c2FsdHNhbHRzYWx0c2FsdA$+HD/FIpHzwtw7JWWH0czKXr33qB2tH3wYVL8uIxhyHQ',
  scrypt: '$scrypt$ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$5mSf4WvR3WxfEntNZIhUDcRr8K1oRfTsQ+6UWlzCJEU',
  'scrypt with its cost in full':
    '$scrypt$ln=16384,r=8,p=1$AAECAwQFBgcICQoLDA0ODw==$5mSf4WvR3WxfEntNZIhUDcRr8K1oRfTsQ+6UWlzCJEU=',
  PBKDF2:
    '$pbkdf2-sha512$i=1000,l=64$AAECAwQFBgcICQoLDA0ODw==$GFzb7tjs0FQgm5oTj36H/IBPaH9QupOe6bSDrhlekgkb99AUgbGykU2HU5I86U89twk4uBMKuVl1TMjaCUk8ig==',
  'PBKDF2 of passlib':
    '$pbkdf2-sha256$1000$AAECAwQFBgcICQoLDA0ODw$wboR4EI3tRPmbm20MDth64acUH1SWdF6sn5a/JRXJtY',
  Django: 'pbkdf2_sha256$1000$salty$bWAIW5kMoY8upYMtOhBavwuUgM/sNEH9rinO7O8SQYE=',
  // Both made by Django 5.2 with fewer rounds than its own.
  'Django with bcrypt and SHA-256':
    'bcrypt_sha256$$2b$04$6jmLjH2X6mk.YavkB/rwR.PMkr0GXN/DHZaxUGv3Ds6dxDl10iar6',
  'Django with scrypt':
    'scrypt$1024$SzOIraY6mSFkw9ceYGeEvv$8$5$zV92kQSklpzig1kxPic1fZkpZ3rttcIE700ap7vk5I1jZ461PLJZXLDe4UlUVwgBB8PYcIIZhFDlU8bPHHmWRA==',
  Keycloak: {
    secretData:
      '{"value":"GFzb7tjs0FQgm5oTj36H/IBPaH9QupOe6bSDrhlekgkb99AUgbGykU2HU5I86U89twk4uBMKuVl1TMjaCUk8ig==","salt":"AAECAwQFBgcICQoLDA0ODw==","additionalParameters":{}}',
    credentialData: '{"hashIterations":1000,"algorithm":"pbkdf2-sha512","additionalParameters":{}}',
  },
  'Keycloak with argon2': {
    secretData: { value: 'OsYcO4abqfshk6aRilxKpBpGvkMajeysRQqVk+l/Iig=', salt: 'c2FsdHNhbHRzYWx0c2FsdA==' },
    credentialData: {
      hashIterations: 2,
      algorithm: 'argon2',
      additionalParameters: { type: ['id'], version: ['1.3'], memory: ['1024'], parallelism: ['2'] },
    },
  },
  'SHA-256 crypt': '$5$saltstring$DOMZkE8vTYaXXjRJVcOc09WIyq0ciUOmHTzWtV4GCa1',
  'SHA-512 crypt':
    '$6$mainz$DV7Dzvkhv6MumDxM5sQcJE6sJ8OnGal.HjiMTBDfneasGHPKGl5QrrezslqO.F8OUJZ2LRq4sr.gRz4tWsU.G1',
  'SHA-512 crypt with rounds':
    '$6$rounds=1000$saltstring$OtOytVBLyy5vlZb5oxJHYRGnkJWz8JncB1AAIWgMRlfJGpSQmoqtLuFTnOpu7oyYBmQYPRSQx9kzCMBgStjPd0',
  MD5: '{MD5}GzjNXkrBHhIDBV8wq27uNw==',
  'salted SHA-1': '{SSHA}bD2fvOwKMrvwS2fQFtQesA7zR6BzYWx0',
  'SHA-256': '{SHA256}C2kTUGpLQee0h6ZHSU2A6JJZp7UJbLfy1+3uBZdHrdI=',
  'salted SHA-512':
    '{SSHA512}lUYIIw4sADak1tjOSSEyATY9aqRCoa6SZROINomqnlJFtu3VlojZqXw1XWRHSpR5L6uTwFbbO0LgCej9dOf41nNhbHRzYWx0',
};

/** The published example of Firebase, with its password. */
export const FIREBASE = {
  password: '8x4WjoDbSxJZdR',
  hash: '$firescrypt$ln=14,r=8,p=1$sPtDhWcd1MfdAw==$xbSou7FOl6mChCyzpCPIQ7tku7nsQMTFtyOZSXXd7tjBa4NtimOx7v42Gv2SfzPQu1oxM2/k4SsbOu73wlKe1A==$Bw==$YE0dO4bwD4JnJafh6lZZfkp1MtKzuKAXQcDCJNJNyeCHairWHKENOkbh3dzwaCdizzOspwr/FITUVlnOAwPKyw==',
};
