/** What one report of Lighthouse says, as far as we ask: scores, and why they are not 100. */

export const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const;
export const LEAST_SCORE = 95;

export type Category = (typeof CATEGORIES)[number];

export interface Scored {
  /** 0…100. */
  readonly scores: Readonly<Record<Category, number>>;
  /** "category: what was found", for whatever took something away, the worst first. */
  readonly findings: readonly string[];
}

interface Report {
  readonly runtimeError?: { readonly message: string };
  readonly categories: Readonly<
    Record<string, { score: number | null; auditRefs: readonly { id: string; weight: number }[] }>
  >;
  readonly audits: Readonly<
    Record<string, { title: string; score: number | null; displayValue?: string } | undefined>
  >;
}

/** @throws Error when Lighthouse could not load the page, or left a category out */
export function scoresOf(json: string): Scored {
  const { runtimeError, categories, audits } = JSON.parse(json) as Report;
  if (runtimeError) throw new Error(runtimeError.message);
  const findings: { lost: number; text: string }[] = [];
  const scores = CATEGORIES.map((category) => {
    const { score, auditRefs } = categories[category] ?? { score: null, auditRefs: [] };
    if (score === null) throw new Error(`no score for ${category}`);
    for (const { id, weight } of auditRefs) {
      const audit = audits[id];
      if (!audit || audit.score === null || audit.score >= 1 || weight === 0) continue;
      const value = audit.displayValue ? ` (${audit.displayValue})` : '';
      findings.push({
        lost: weight * (1 - audit.score),
        text: `${category}: ${audit.title}${value}`,
      });
    }
    return [category, Math.round(100 * score)] as const;
  });
  return {
    scores: Object.fromEntries(scores) as Record<Category, number>,
    findings: findings.toSorted((a, b) => b.lost - a.lost).map(({ text }) => text),
  };
}

/** Of several runs on a machine that does other things as well: the middle one of each score. */
export function medianScores(runs: readonly Scored[]): Readonly<Record<Category, number>> {
  const middle = (category: Category): number =>
    runs.map(({ scores }) => scores[category]).toSorted((a, b) => a - b)[Math.floor((runs.length - 1) / 2)] ??
    0;
  return Object.fromEntries(CATEGORIES.map((category) => [category, middle(category)])) as Record<
    Category,
    number
  >;
}
