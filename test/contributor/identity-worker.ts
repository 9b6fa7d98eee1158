/** The key as the session worker gets it. */
import { peerId } from './identity-page.ts';

postMessage(await peerId());
