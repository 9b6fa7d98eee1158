/** What the page says about joining the key of a site's frame: short enough to come in both languages at once. */

export interface JoinStrings {
  readonly locale: string;
  readonly title: string;
  readonly what: string;
  readonly label: string;
  readonly look: string;
  readonly accept: string;
  readonly asking: string;
  readonly found: (peerId: string) => string;
  readonly joined: string;
  readonly failed: string;
  /** Of the keys that are joined already. */
  readonly joinedTitle: string;
  readonly under: string;
  readonly since: (date: string) => string;
  readonly leave: string;
  readonly leaveWarning: string;
  readonly leaveNow: string;
  readonly keep: string;
  readonly parted: string;
  readonly partFailed: string;
}

export const joinEn: JoinStrings = {
  locale: 'en',
  title: 'Count a site’s frame with your own contributions',
  what: 'Browsers give the frame on each site a key of its own. Its code joins that key to the one of this page: both sign, and from then on their work counts as one.',
  label: 'Code',
  look: 'Look it up',
  accept: 'Join',
  asking: 'One moment …',
  found: (peerId) => `The code is of the contributor ${peerId}. Press Join if that was you.`,
  joined: 'Joined. The work of both counts as one. “Your name and key” can part them again.',
  failed: 'That did not work.',
  joinedTitle: 'Keys that count as one with yours',
  under: 'This key counts under another one, which stands first.',
  since: (date) => `since ${date}`,
  leave: 'Part them',
  leaveWarning:
    'From now on each key counts by itself; what either has earned stays with it. To join them again, you need a new code from the frame.',
  leaveNow: 'Yes, part them',
  keep: 'Keep them joined',
  parted: 'Parted. Each key counts by itself now.',
  partFailed: 'The coordinator could not be asked, so they are still joined. Try again later.',
};

export const joinDe: JoinStrings = {
  locale: 'de',
  title: 'Das Feld einer Website zu Ihren Beiträgen zählen',
  what: 'Browser geben dem Feld auf jeder Website einen eigenen Schlüssel. Sein Code verbindet diesen Schlüssel mit dem dieser Seite: Beide unterschreiben, und fortan zählt ihre Arbeit als eine.',
  label: 'Code',
  look: 'Nachsehen',
  accept: 'Verbinden',
  asking: 'Einen Augenblick …',
  found: (peerId) => `Der Code gehört ${peerId}. Drücken Sie „Verbinden“, wenn Sie das waren.`,
  joined:
    'Verbunden. Die Arbeit beider zählt als eine. Unter „Ihr Name und Schlüssel“ können Sie beide wieder trennen.',
  failed: 'Das ging nicht.',
  joinedTitle: 'Schlüssel, die mit Ihrem als einer zählen',
  under: 'Dieser Schlüssel zählt unter einem anderen, der zuerst steht.',
  since: (date) => `seit ${date}`,
  leave: 'Trennen',
  leaveWarning:
    'Von jetzt an zählt jeder Schlüssel für sich; was jeder verdient hat, behält er. Um sie wieder zu verbinden, brauchen Sie einen neuen Code aus dem Feld.',
  leaveNow: 'Ja, trennen',
  keep: 'Verbunden lassen',
  parted: 'Getrennt. Jeder Schlüssel zählt jetzt für sich.',
  partFailed:
    'Der Koordinator war nicht zu fragen; sie sind noch verbunden. Versuchen Sie es später noch einmal.',
};
