/** The session worker. */
import { expose } from './remote.ts';
import { SessionHost } from './session-host.ts';

expose(new SessionHost());
