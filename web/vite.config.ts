// One build, many pages: every web/*.html is a page of its own. Output goes into the Python package.
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { symbols } from './plugins/symbols.ts';

const here = import.meta.dirname;
const pages = readdirSync(here).filter((name) => name.endsWith('.html'));
const liveServer = process.env.OPENDOME_LIVE ?? 'http://127.0.0.1:8000';

export default defineConfig({
  root: here,
  plugins: [svelte(), symbols()],
  build: {
    outDir: resolve(here, '../src/opendome/console/pages'),
    emptyOutDir: true,
    assetsInlineLimit: 0, // nothing as data: addresses, so that a strict content policy holds
    modulePreload: { polyfill: false },
    target: 'es2022',
    chunkSizeWarningLimit: 700, // kB before compression: three.js is one piece, and loaded by the replay alone
    rolldownOptions: {
      input: Object.fromEntries(pages.map((name) => [name.replace('.html', ''), resolve(here, name)])),
    },
  },
  // `npm run dev` shows the pages while a server started by `opendome train` gives the data.
  server: { host: '127.0.0.1', proxy: { '/live': { target: liveServer, ws: true } } },
});
