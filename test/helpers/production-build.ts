/** Vite's build as a visitor gets it. */
import { build, type InlineConfig } from 'vite';

/**
 * Under vitest NODE_ENV is 'test', which would make Vite choose the development builds of packages.
 * @throws what Vite throws when something does not build
 */
export async function productionBuild(config: InlineConfig): Promise<void> {
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await build(config);
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
}
