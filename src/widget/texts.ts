/** What the placeholder says, in the two languages that its few bytes have room for. */

export interface PlaceholderTexts {
  readonly invitation: string;
  readonly button: string;
  /** Of the frame, for screen readers. */
  readonly title: string;
  readonly loading: string;
  /** It may work another time… */
  readonly notNow: string;
  /** …and here it cannot. */
  readonly notHere: string;
}

const EN: PlaceholderTexts = {
  invitation: 'Support this site with spare GPU time.',
  button: 'See how',
  title: 'Tilework: lend your GPU',
  loading: 'Loading…',
  notNow: 'Not available at the moment.',
  notHere: 'This browser cannot lend its GPU.',
};

const DE: PlaceholderTexts = {
  invitation: 'Unterstützen Sie diese Seite mit freier GPU-Zeit.',
  button: 'Mehr erfahren',
  title: 'Tilework: GPU verleihen',
  loading: 'Wird geladen …',
  notNow: 'Im Moment nicht verfügbar.',
  notHere: 'Dieser Browser kann seine GPU nicht verleihen.',
};

/** @param lang - BCP 47 */
export const textsFor = (lang: string): PlaceholderTexts => (/^de\b/i.test(lang) ? DE : EN);
