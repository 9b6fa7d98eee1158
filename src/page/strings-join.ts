/** What the page says about joining the key of a site's frame: short enough to come in both languages at once. */

export interface JoinStrings {
  readonly title: string;
  readonly what: string;
  readonly label: string;
  readonly look: string;
  readonly accept: string;
  readonly asking: string;
  readonly found: (peerId: string) => string;
  readonly joined: string;
  readonly failed: string;
}

export const joinEn: JoinStrings = {
  title: 'Count a site’s frame with your own contributions',
  what: 'Browsers give the frame on each site a key of its own. Its code joins that key to the one of this page: both sign, and from then on their work counts as one.',
  label: 'Code',
  look: 'Look it up',
  accept: 'Join',
  asking: 'One moment …',
  found: (peerId) => `The code is of the contributor ${peerId}. Press Join if that was you.`,
  joined: 'Joined. The work of both counts as one.',
  failed: 'That did not work.',
};

export const joinDe: JoinStrings = {
  title: 'Das Feld einer Website zu Ihren Beiträgen zählen',
  what: 'Browser geben dem Feld auf jeder Website einen eigenen Schlüssel. Sein Code verbindet diesen Schlüssel mit dem dieser Seite: Beide unterschreiben, und fortan zählt ihre Arbeit als eine.',
  label: 'Code',
  look: 'Nachsehen',
  accept: 'Verbinden',
  asking: 'Einen Augenblick …',
  found: (peerId) => `Der Code gehört ${peerId}. Drücken Sie „Verbinden“, wenn Sie das waren.`,
  joined: 'Verbunden. Die Arbeit beider zählt als eine.',
  failed: 'Das ging nicht.',
};
