/**
 * Everything that reads bytes which somebody else wrote, one target each.
 *
 * Not here, on purpose: what the page and its workers say to each other. Both ends of that comlink boundary
 * are one bundle on one origin, and nothing from the network is parsed there.
 */
import { fileTargets } from './file-targets.ts';
import { httpTarget } from './http-target.ts';
import { logTargets } from './log-targets.ts';
import type { TargetFactory } from './target.ts';
import { widgetTarget } from './widget-target.ts';
import { wireTargets } from './wire-targets.ts';

export const TARGETS: readonly TargetFactory[] = [
  ...wireTargets,
  ...fileTargets,
  ...logTargets,
  widgetTarget,
  httpTarget,
];
