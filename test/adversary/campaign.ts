/** One strategy, struck again and again by several attackers at once. */
import { type Field, Tally } from './field.ts';
import type { Strategy } from './strategies.ts';

export interface CampaignOptions {
  /** At least so many; a strike is not broken off half-way. */
  readonly forgeries: number;
  /** Attackers, or groups of them, at the same time. */
  readonly atOnce: number;
  /** To be added to. @default a new one */
  readonly tally?: Tally;
}

export async function campaign(field: Field, strategy: Strategy, options: CampaignOptions): Promise<Tally> {
  const { forgeries, atOnce, tally = new Tally() } = options;
  const target = tally.forgeries + tally.within + forgeries;
  const attacker = async (): Promise<void> => {
    while (tally.forgeries + tally.within < target) await strategy.strike(field, tally);
  };
  await Promise.all(Array.from({ length: strategy.alone ? 1 : atOnce }, attacker));
  return tally;
}
