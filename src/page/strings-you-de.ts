/** The visitor's own speed, name, key, projects and card in German. */
import { counted } from './shown-numbers.ts';
import type { YouStrings } from './strings-you.ts';

const LOCALE = 'de';
const n = (count: number): string => counted(LOCALE, count);
const shards = (count: number): string => `${n(count)} ${count === 1 ? 'Teil' : 'Teile'}`;

export const youDe: YouStrings = {
  locale: LOCALE,
  speed: {
    title: 'Ihre Geschwindigkeit',
    span: 'Zeitraum',
    spans: { hour: 'Letzte Stunde', day: 'Letzte 24 Stunden' },
    mean: 'Durchschnitt',
    best: 'Bestwert',
    worked: 'Rechenzeit',
    minutes: (minutes) =>
      minutes < 60
        ? `${n(minutes)} Min.`
        : `${n(Math.floor(minutes / 60))} Std.${minutes % 60 > 0 ? ` ${n(minutes % 60)} Min.` : ''}`,
    described: (span, mean, best, worked) =>
      `Kurve Ihrer Geschwindigkeit. ${span}: im Durchschnitt ${mean}, höchstens ${best}, Rechenzeit ${worked}. Die Tabelle darunter sagt dasselbe.`,
    empty: 'Die Kurve beginnt mit der ersten Minute, in der Ihre GPU rechnet.',
    emptySpan: 'In dieser Stunde hat Ihre GPU nicht gerechnet.',
    rest: 'Pause',
    note: 'Zwei Operationen je Multiplikation mit Addition, bezogen auf die Zeit, in der Ihre GPU gerechnet hat; Lücken sind Pausen.',
    table: 'Dasselbe als Tabelle',
    from: 'Ab',
    failed: 'Die Kurve lässt sich hier nicht zeichnen. Die Tabelle sagt dasselbe.',
  },
  rank: {
    title: 'Ihr Rang',
    none: 'Mit Ihrem ersten geprüften Teil stehen Sie auf der Liste.',
    rank: (rank) => `Rang ${n(rank)}`,
    day: 'Letzte 24 Stunden',
    week: 'Letzte 7 Tage',
    all: 'Insgesamt',
    credit: (credit) => `Guthaben ${credit}`,
    shards,
    around: 'Wer neben Ihnen steht',
    place: 'Rang',
    who: 'Wer',
    creditHead: 'Guthaben',
    you: 'Sie',
  },
  name: {
    title: 'Name und Team',
    lead: 'Sie brauchen beides nicht. Wenn Sie möchten, sehen andere in den öffentlichen Listen neben Ihrer Kennung einen Namen und ein Team.',
    name: 'Name',
    team: 'Team',
    allowed: (max) =>
      `Bis zu ${n(max)} Zeichen jeder Schrift; unsichtbare werden weggelassen. Alle können es lesen: Schreiben Sie nichts, was Sie nicht auch öffentlich sagen würden. Zu einem Team gehören alle, die denselben Namen eintragen.`,
    save: 'Speichern',
    takeBack: 'Zurücknehmen',
    tooLong: (field, max) => `${field}: mehr als ${n(max)} Zeichen.`,
    notShown: (field) =>
      `${field}: mehr als drei Akzente auf einem Buchstaben, oder einer, der allein steht.`,
    none: 'Kein Name: Andere sehen nur Ihre Kennung.',
    removing: 'Ihr Name wird zurückgenommen, sobald der Koordinator verbunden ist.',
    removed: 'Ihr Name ist zurückgenommen. Andere sehen nur Ihre Kennung.',
    pending: 'Hier gespeichert. Der Koordinator erfährt es, sobald er verbunden ist.',
    waiting: 'Andere sehen ihn mit Ihrem ersten geprüften Teil.',
    kept: 'Andere sehen ihn jetzt.',
    refused: 'Der Koordinator zeigt diesen Namen nicht.',
    reason: 'Seine Begründung:',
  },
  key: {
    title: 'Ihr Schlüssel',
    lead: 'Ein in diesem Browser erzeugter Schlüssel unterschreibt Ihre Ergebnisse. Das Guthaben gehört zum Schlüssel: Wenn Sie die Daten dieses Browsers ohne eine Kopie löschen, kann niemand mehr unter dieser Kennung etwas verdienen.',
    id: 'Kennung',
    kinds: {
      none: 'Noch gibt es keinen Schlüssel. Er entsteht, wenn Sie zum ersten Mal auf Start drücken.',
      sealed:
        'Dieser Schlüssel bleibt in diesem Browser: Niemand kann ihn kopieren, auch Sie nicht. Das ist die sicherste Art.',
      portable: 'Dieser Schlüssel lässt sich in eine Datei kopieren, für ein anderes Gerät oder als Reserve.',
    },
    save: 'Schlüssel in einer Datei speichern …',
    saveWarning:
      'Wer diese Datei hat, kann in Ihrem Namen auftreten: Sie hat kein Passwort. Bewahren Sie sie dort auf, wo nur Sie sie lesen können, und schicken Sie sie niemandem.',
    saveNow: 'Datei speichern',
    renew: 'Kopierbaren Schlüssel erzeugen …',
    renewWarning:
      'Sie bekommen eine neue Kennung. Teile und Guthaben bis heute bleiben bei der alten, zu der Sie zurückkehren können. Skripte dieser Seite könnten den neuen Schlüssel lesen; er ist also etwas weniger sicher.',
    renewNow: 'Neuen Schlüssel erzeugen',
    load: 'Schlüssel aus einer Datei verwenden …',
    loadWarning:
      'Ab dem nächsten Start rechnet dieser Browser unter der folgenden Kennung. Teile und Guthaben bis heute bleiben bei der jetzigen, zu der Sie zurückkehren können.',
    loadNow: 'Diesen Schlüssel verwenden',
    cancel: 'Abbrechen',
    undo: 'Zum früheren Schlüssel zurückkehren',
    former: 'Frühere Kennung',
    unavailable: 'Dieser Browser lässt die Seite keinen Schlüssel aufbewahren (ein privates Fenster?).',
    done: {
      saved: 'Die Datei ist an Ihren Browser übergeben; Sie finden sie bei Ihren Downloads.',
      loaded: 'Ab dem nächsten Start gilt der Schlüssel aus der Datei.',
      renewed: 'Ab dem nächsten Start gilt ein neuer Schlüssel.',
      undone: 'Ab dem nächsten Start gilt wieder der frühere Schlüssel.',
    },
    faults: {
      'not-a-key': 'In dieser Datei steht kein Schlüssel von Tilework. Es hat sich nichts geändert.',
      damaged: 'Der Schlüssel in dieser Datei ist beschädigt. Es hat sich nichts geändert.',
      same: 'Das ist der Schlüssel, der schon verwendet wird.',
      failed: 'Das hat nicht geklappt, und es hat sich nichts geändert. Versuchen Sie es gleich noch einmal.',
    },
    fileNote:
      'Schlüssel für Tilework. Wer diese Datei hat, kann im Namen dieser Kennung auftreten. Bitte für sich behalten.',
  },
  projects: {
    title: 'Wofür Sie rechnen',
    lead: 'Auftraggeber sagen, für wen und wofür ein Produkt ist.',
    any: 'Was gerade gebraucht wird',
    anyHelp: 'Ihre GPU ist nie ohne Arbeit, solange es welche gibt.',
    only: 'Nur was ich auswähle',
    onlyHelp:
      'Hat keines davon Arbeit, ruht Ihre GPU, bis es wieder welche gibt. Die Auswahl gilt ab dem nächsten Teil.',
    list: 'Projekte',
    loading: 'Der Koordinator wird gefragt.',
    failed: 'Die Liste der Projekte lässt sich gerade nicht abrufen. Ihre Auswahl bleibt, wie sie ist.',
    none: 'Im Moment hat kein Projekt Arbeit.',
    running: (jobs, percent) =>
      `${n(jobs)} ${jobs === 1 ? 'Produkt' : 'Produkte'} in Arbeit, ${percent} % fertig`,
    idle: 'im Moment keine Arbeit',
    gone: 'im Moment nicht auf der Liste',
    nothingChosen: 'Noch ist nichts ausgewählt: Bis Sie ein Projekt ankreuzen, rechnet Ihre GPU für alle.',
    resting: 'Keines Ihrer Projekte hat im Moment Arbeit: Ihre GPU ruht.',
    most: (max) => `Mehr als ${n(max)} lassen sich nicht auswählen.`,
  },
  share: {
    title: 'Teilen',
    lead: 'Ein Bild davon, was Ihr Browser berechnet hat. Es wird hier gezeichnet und nirgendwohin geschickt; was Sie damit tun, entscheiden Sie.',
    empty: 'Ihre Karte wird mit Ihrem ersten geprüften Teil gezeichnet.',
    withName: 'Meinen Namen daraufschreiben',
    withId: 'Meine Kennung daraufschreiben',
    download: 'Bild speichern',
    share: 'Teilen …',
    failed: 'Das Bild ließ sich nicht teilen. Sie können es stattdessen speichern.',
    described: (texts) => `Bild: ${texts}`,
    shards: (count) => (count === 1 ? 'geprüfter Teil' : 'geprüfte Teile'),
    credit: (credit) => `${credit} Billionen Multiplikationen mit Addition`,
    motto: 'Von meinem Browser berechnet und bis zur letzten Zahl geprüft.',
    text: (count) => `Mein Browser hat für Tilework ${count} berechnet.`,
  },
};
