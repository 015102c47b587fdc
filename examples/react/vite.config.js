import { defineConfig } from 'vite';

const { PORT = '5173', PORTCULLIS_URL = 'http://localhost:3000' } = process.env;

export default defineConfig({
  server: { host: 'localhost', port: Number(PORT), strictPort: true },
  define: { PORTCULLIS_URL: JSON.stringify(PORTCULLIS_URL) },
  clearScreen: false,
});
