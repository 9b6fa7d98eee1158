/** Does what <tilework-you> is asked to do about keys, with the browser's key store. */
import { exportKey, importKey, renewKey, undoKey, viewKeys } from '../contributor/key-ring.ts';
import { isAppError, unreachable } from '../core/errors.ts';
import { saveFile } from './save-file.ts';
import type { KeysState, KeyWish } from './you-key.ts';

/** What there is to show at first. Never rejects. */
export async function keysNow(): Promise<KeysState> {
  try {
    return { view: await viewKeys() };
  } catch {
    return { view: undefined };
  }
}

/** Grants a wish, and says what came of it. Never rejects. A contributor that runs keeps its key until the next start. */
export async function grantKeyWish(wish: KeyWish): Promise<KeysState> {
  try {
    switch (wish.action) {
      case 'save': {
        const { view } = await keysNow();
        const text = await exportKey(wish.note);
        saveFile(
          `tilework-key-${view?.peerId.slice(-6) ?? ''}.txt`,
          new Blob([text], { type: 'text/plain' }),
        );
        return { view, done: 'saved' };
      }
      case 'load':
        return { view: await importKey(wish.text), done: 'loaded' };
      case 'renew':
        return { view: await renewKey(), done: 'renewed' };
      case 'undo':
        return { view: await undoKey(), done: 'undone' };
      default:
        return unreachable(wish);
    }
  } catch (error) {
    const fault = isAppError(error, 'bad-input') ? 'damaged' : 'failed';
    return { ...(await keysNow()), fault };
  }
}
