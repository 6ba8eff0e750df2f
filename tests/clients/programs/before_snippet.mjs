// What the TypeScript snippet takes for granted: `pool`, and that somebody finds modules without their file's
// ending, as bundlers do.
import { register } from 'node:module';

import pg from 'pg';

globalThis.pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2 });
register(
  `data:text/javascript,${encodeURIComponent(`
    export async function resolve(name, context, next) {
      return next(/^[.][/][^.]+$/.test(name) ? name + '.js' : name, context);
    }`)}`,
);
