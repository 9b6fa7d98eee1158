/** WebGPU in Node through Dawn (npm `webgpu`), on the machine's own Vulkan or on Chromium's SwiftShader. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../core/errors.ts';

const DRIVER_FOLDERS = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
const LOADER = 'libvulkan.so.1';
const LOADER_FOLDERS = [
  '/usr/lib',
  '/usr/lib64',
  '/usr/local/lib',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
];
const BROWSER_FOLDERS = [
  '/usr/lib/chromium',
  '/usr/lib/chromium-browser',
  '/opt/google/chrome',
  '/usr/lib64/chromium-browser',
];
const SWIFTSHADER = 'vk_swiftshader_icd.json';
/** dlopen flags: RTLD_NOW | RTLD_NODELETE. */
const KEEP_LOADED = 0x1002;

let opened: GPU | undefined;

/**
 * Dawn's GPU object, one a process: it must outlive every device made from it.
 * @throws AppError 'no-webgpu' saying what to install.
 */
export async function openDawn(): Promise<GPU> {
  // The machine's own drivers first; one that Dawn refuses (Mesa's lavapipe before 23) counts as none.
  if (usesOwnDriver()) opened ??= await tryDawn();
  if (!opened && useSwiftShader()) opened = await tryDawn();
  if (opened) return opened;
  throw new AppError(
    'no-webgpu',
    'Node found no Vulkan driver for WebGPU: install one, or the chromium package for its SwiftShader',
  );
}

async function tryDawn(): Promise<GPU | undefined> {
  try {
    const { create } = await import('webgpu');
    const gpu = create([]);
    return (await gpu.requestAdapter()) ? gpu : undefined;
  } catch (error) {
    throw new AppError('no-webgpu', `npm package webgpu does not load here: ${String(error)}`, {
      cause: error,
    });
  }
}

function usesOwnDriver(): boolean {
  const { platform, env } = process;
  return platform !== 'linux' || env.VK_DRIVER_FILES !== undefined || DRIVER_FOLDERS.some(hasDriver);
}

/** Points the Vulkan loader to the driver that comes with Chromium; false where there is none. */
function useSwiftShader(): boolean {
  const folder = BROWSER_FOLDERS.find((path) => existsSync(join(path, SWIFTSHADER)));
  if (folder === undefined || process.platform !== 'linux') return false;
  process.env.VK_DRIVER_FILES ??= join(folder, SWIFTSHADER);
  if (!LOADER_FOLDERS.some((path) => existsSync(join(path, LOADER)))) preload(join(folder, LOADER));
  return true;
}

function hasDriver(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.endsWith('.json'));
  } catch {
    return false;
  }
}

/**
 * Loads a shared library for good: Dawn's own dlopen by bare name then finds it. Node has no other way to
 * add to the library path of a running process.
 */
function preload(library: string): void {
  try {
    process.dlopen({ exports: {} }, library, KEEP_LOADED);
  } catch {
    // "Module did not self-register": it is no Node module, but it stays loaded, and that is all we want.
  }
}
