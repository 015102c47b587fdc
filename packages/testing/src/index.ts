export { type Authenticator, authenticator, type PageInChromium } from './authenticator.js';
export { type Portcullis, start } from './portcullis.js';
export type * from './types.js';
