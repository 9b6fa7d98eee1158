/** The night report in German. */
import { counted } from './shown-numbers.ts';
import type { ReportStrings } from './strings-report.ts';

const LOCALE = 'de';
const n = (count: number): string => counted(LOCALE, count);

export const reportDe: ReportStrings = {
  locale: LOCALE,
  dir: 'ltr',
  title: 'Nachtbericht',
  empty:
    'Noch gibt es nichts zu berichten. Drücken Sie auf Start, lassen Sie diese Seite offen, und Sie finden hier, was daraus wurde: Arbeit, Guthaben, Energie und jede Pause mit ihrem Grund.',
  which: 'Sitzung',
  present: 'Läuft noch.',
  failed: 'Sie endete, weil etwas schiefging.',
  unfinished: 'Die Seite wurde ohne Stopp geschlossen.',
  atWork: 'gerechnet',
  line: (work, pauses, gaps) => `${work} gerechnet, ${pauses} pausiert, ${gaps} nicht da.`,
  legend: { work: 'gerechnet', pause: 'pausiert', gap: 'nicht da' },
  pausesInShort: (count, together, longest, reason) =>
    count === 1
      ? `Eine Pause von ${longest}: ${reason}`
      : `${n(count)} Pausen (zusammen ${together}), die längste ${longest}: ${reason}`,
  noPauses: 'Keine nennenswerte Pause.',
  shards: 'Geprüfte Teile',
  rejected: (count) => `${n(count)} nicht angenommen`,
  work: 'Geprüfte Arbeit',
  credit: 'Guthaben',
  down: 'Empfangen',
  up: 'Gesendet',
  energy: 'Energie, geschätzt',
  energyNote: (watts, busy) =>
    `Die Energie ist geschätzt: ${n(watts)} W für die ${busy}, in denen die GPU gerechnet hat. Kein Browser kann sie messen, und der übrige Computer ist nicht mitgezählt.`,
  watts: 'Watt, während die GPU rechnet',
  wattsHelp:
    'Etwa 15 bis 30 bei einer GPU im Prozessor, 150 und mehr bei einer Spielekarte. Ändern Sie den Wert, wenn Sie Ihren kennen.',
  throttled: (length) => `Während ${length} dieser Arbeit hat der Browser die Seite gebremst.`,
  hot: (length) => `Während ${length} wurde weniger gerechnet, weil das Gerät heiß war.`,
  pauses: 'Pausen',
  from: 'Von',
  until: 'Bis',
  length: 'Dauer',
  reason: 'Grund',
  kinds: {
    'on-battery': 'Das Gerät lief mit Akku.',
    'battery-low': 'Der Akku lag unter Ihrer Grenze.',
    'quiet-hours': 'Diese Stunden halten Sie frei.',
    'data-cap': 'Das Datenvolumen des Tages war aufgebraucht.',
    metered: 'Die Verbindung zählt ihre Daten.',
    'in-use': 'Jemand hat den Computer benutzt.',
    'very-hot': 'Das Gerät war sehr heiß.',
    'by-hand': 'Sie hatten auf Pause gedrückt.',
    offline: 'Das Gerät war offline.',
    unreachable: 'Der Koordinator war nicht zu erreichen.',
    'no-work': 'Es gab nichts zu berechnen.',
    suspended: 'Der Computer schlief, oder der Browser hatte den Tab angehalten.',
    closed: 'Diese Seite war geschlossen.',
  },
  brief: (together) => `Kürzere, zusammen ${together}, sind nicht aufgeführt.`,
  csv: 'Als CSV herunterladen',
  image: 'Als Bild herunterladen',
  clear: 'Alle Berichte löschen',
  undo: 'Zurückholen',
  cleared: 'Alle Berichte sind gelöscht.',
  restored: 'Die Berichte sind wieder da.',
  fileName: 'tilework-bericht',
  signature: 'Tilework · Ihre GPU für eine gemeinsame Rechnung',
};
