/**
 * Whether the content security policy around this session forbids it a WebSocket. To the session such a connection just
 * fails; browsers say why in an event (CSP 3 §5.3), of the worker whose policy it is.
 */
import { AppError } from '../core/errors.ts';

export interface RulesScope {
  addEventListener(type: 'securitypolicyviolation', listener: (event: RuleBroken) => void): void;
}

export interface RuleBroken {
  readonly blockedURI: string;
  readonly effectiveDirective: string;
  /** 'report' for a policy that only reports. */
  readonly disposition: string;
}

/** Calls back once, at the first WebSocket that is forbidden. The error is for people. */
export function watchRules(scope: RulesScope, onForbidden: (error: AppError) => void): void {
  let told = false;
  scope.addEventListener('securitypolicyviolation', ({ blockedURI, effectiveDirective, disposition }) => {
    const forbidden = effectiveDirective === 'connect-src' && disposition !== 'report';
    if (told || !forbidden || !/^wss?:/.test(blockedURI)) return;
    told = true;
    onForbidden(
      new AppError(
        'forbidden',
        `The content security policy of this page has no ${blockedURI} in connect-src.`,
      ),
    );
  });
}
