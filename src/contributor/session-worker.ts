/** The session worker. */
import { watchRules } from './page-rules.ts';
import { expose } from './remote.ts';
import { SessionHost } from './session-host.ts';

const host = new SessionHost();
watchRules(globalThis, (error) => host.forbid(error));
expose(host);
