/** The operator's console in German. */
import { unreachable } from '../core/errors.ts';
import { counted } from './shown-numbers.ts';
import type { Order } from './operator-orders.ts';
import type { OperatorStrings, OrderStrings } from './strings-operator.ts';

const LOCALE = 'de';
const n = (count: number): string => counted(LOCALE, count);
const s = (count: number, one: string, more: string): string => `${n(count)} ${count === 1 ? one : more}`;

function order({ action }: Order, who: string): OrderStrings {
  switch (action) {
    case 'drain':
      return {
        title: 'Keine neuen Aufträge vergeben?',
        about:
          'Vergebene Aufträge werden zu Ende gerechnet und gutgeschrieben. Alle bleiben verbunden und warten. Ein Neustart beendet das.',
        button: 'Auslaufen lassen',
        done: 'Es werden keine neuen Aufträge vergeben.',
      };
    case 'undrain':
      return {
        title: 'Wieder Aufträge vergeben?',
        about: 'Wer wartet, bekommt sofort Arbeit.',
        button: 'Weiter',
        done: 'Es werden wieder Aufträge vergeben.',
      };
    case 'ban':
      return {
        title: `${who} sperren?`,
        about:
          'Die Verbindung wird mit Ihrer Begründung beendet, die Aufträge bekommen andere, und neue Verbindungen werden abgewiesen, bis Sie die Sperre aufheben. Erworbenes Guthaben bleibt.',
        button: 'Sperren',
        done: `${who} ist gesperrt.`,
      };
    case 'unban':
      return {
        title: `${who} wieder zulassen?`,
        about: 'Verbinden und mitrechnen geht dann wie zuvor.',
        button: 'Zulassen',
        done: `${who} ist wieder zugelassen.`,
      };
    case 'pause':
      return {
        title: `„${who}“ anhalten?`,
        about:
          'Für die Jobs dieses Projekts werden keine neuen Aufträge vergeben. Auftraggeber lesen „paused by the operator“ und Ihre Begründung.',
        button: 'Anhalten',
        done: `„${who}“ ist angehalten.`,
      };
    case 'resume':
      return {
        title: `„${who}“ fortsetzen?`,
        about: 'Für die Jobs dieses Projekts werden wieder Aufträge vergeben.',
        button: 'Fortsetzen',
        done: `„${who}“ geht weiter.`,
      };
    case 'hide':
      return {
        title: `Den Namen ${who} verbergen?`,
        about: 'Außer Ihnen sieht ihn niemand mehr. Arbeit und Guthaben bleiben und stehen ohne Namen da.',
        button: 'Verbergen',
        done: `${who} ist verborgen.`,
      };
    case 'show':
      return {
        title: `Den Namen ${who} wieder zeigen?`,
        about: 'Alle sehen ihn auf der Netzwerkseite.',
        button: 'Zeigen',
        done: `${who} wird wieder gezeigt.`,
      };
    case 'cancel':
      return {
        title: `Den Job von „${who}“ abbrechen?`,
        about:
          'Geprüftes bleibt gutgeschrieben; was sonst dafür zurückgelegt war, wird frei. Das lässt sich nicht rückgängig machen.',
        button: 'Job abbrechen',
        done: `Der Job von „${who}“ ist abgebrochen.`,
      };
    default:
      return unreachable(action);
  }
}

export const operatorDe: OperatorStrings = {
  locale: LOCALE,
  title: 'Betriebskonsole',
  lead: 'Wer rechnet, was gerechnet wird und was schiefging, so wie es jetzt ist.',
  network: 'Das Netzwerk',
  footer: 'Freie Software, Apache-2.0. Kein Mining, kein Tracking, keine Werbung.',
  token: {
    label: 'Token',
    help: 'Eines mit dem Recht „operate“, etwa das aus dem Datenordner. Es bleibt in diesem Tab und wird vergessen, wenn er geschlossen wird.',
    button: 'Öffnen',
    checking: 'Der Koordinator wird gefragt.',
    forget: 'Token vergessen',
    again: 'Noch einmal',
    refused: {
      token:
        'Der Koordinator kennt dieses Token nicht, oder es ist abgelaufen oder zurückgenommen. Achten Sie auf Leerzeichen und fehlende Zeichen.',
      scope:
        'Dieses Token darf nicht betreiben. So entsteht eines, das es darf: npm run tilework -- token create --scope operate --label NAME',
      place:
        'Von dieser Adresse aus ist das Betreiben nicht erlaubt. Öffnen Sie diese Seite auf dem Rechner des Koordinators unter http://127.0.0.1, oder starten Sie ihn mit --operate-from und Ihrer Adresse.',
    },
  },
  lost: 'Die Verbindung ist weg. Was folgt, war zuletzt zu hören; die Seite versucht es weiter.',
  draining: 'Läuft aus: Es werden keine neuen Aufträge vergeben.',
  said: (contributors, jobs, failures) =>
    `${n(contributors)} verbunden, ${s(jobs, 'Job läuft', 'Jobs laufen')}, ${s(failures, 'durchgefallenes Ergebnis', 'durchgefallene Ergebnisse')} in der Liste.`,
  sections: 'Abschnitte',
  search: {
    label: 'Filter',
    help: 'Ein Stück einer Kennung, eines Namens, eines Projekts oder einer Begründung; alle Listen folgen.',
  },
  nothingFound: 'Hier enthält nichts, wonach Sie filtern.',
  cut: (shown, all) => `${n(shown)} von ${n(all)} werden gezeigt. Der Filter erreicht auch die übrigen.`,
  figures: {
    title: 'Jetzt',
    contributors: 'Verbunden',
    leases: 'Vergebene Aufträge',
    jobs: 'Laufende Jobs',
    sent: 'Sendet',
    received: 'Empfängt',
    blocks: 'Blöcke auf der Platte',
    free: 'Frei auf der Platte',
    database: 'Datenbank',
    databases: { embedded: 'eingebaut', postgres: 'PostgreSQL' },
    verification: 'Prüfung',
    threads: (threads, waiting) => `${s(threads, 'Thread', 'Threads')}, ${n(waiting)} warten`,
    busy: (percent) => `seit dem Start zu ${percent} beschäftigt`,
    running: 'Läuft seit',
    counting: 'noch nicht gezählt',
  },
  tables: {
    contributors: { title: 'Wer rechnet', empty: 'Niemand ist verbunden.' },
    leases: { title: 'Aufträge', empty: 'Kein Auftrag ist vergeben.' },
    jobs: { title: 'Jobs', empty: 'Es gab noch keinen Job.' },
    failures: { title: 'Durchgefallene Ergebnisse', empty: 'Kein Ergebnis ist durchgefallen.' },
    bans: { title: 'Sperren', empty: 'Niemand ist gesperrt.' },
    pauses: { title: 'Angehaltene Projekte', empty: 'Kein Projekt ist angehalten.' },
    hidden: { title: 'Verborgene Namen', empty: 'Kein Name ist verborgen.' },
    log: { title: 'Was beim Betreiben getan wurde', empty: 'Noch nichts.' },
  },
  columns: {
    who: 'Wer',
    client: 'Programm',
    since: 'Seit',
    seen: 'Zuletzt',
    rate: 'GPU',
    link: 'Leitung',
    now: 'Jetzt',
    leases: 'Aufträge',
    results: 'Ergebnisse',
    lease: 'Auftrag',
    job: 'Job',
    project: 'Projekt',
    shard: 'Teil',
    age: 'Alter',
    deadline: 'Frist',
    state: 'Zustand',
    size: 'Produkt',
    progress: 'Geprüft',
    when: 'Wann',
    reason: 'Begründung',
    name: 'Name',
    token: 'Token',
    action: 'Was',
    subject: 'Woran',
    actions: 'Tun',
  },
  sortBy: (column) => `Nach ${column} ordnen`,
  justNow: 'gerade eben',
  unknown: 'unbekannt',
  down: 'ab',
  up: 'auf',
  committed: 'auf dem Rückweg',
  computing: 'wird berechnet',
  overdue: 'überfällig',
  window: (held, window) => `${n(held)} von ${n(window)}`,
  results: (verified, rejected, failed) =>
    `${verified} geprüft, ${rejected} durchgefallen, ${failed} nicht angekommen`,
  denied: 'bekommt vorerst keine Aufträge',
  hiddenMark: 'verborgen',
  kinds: { contributor: 'einzeln', team: 'Team' },
  cells: (rows, cols, row, col) => `${n(rows)} × ${n(cols)} Zellen bei ${n(row)}, ${n(col)}`,
  done: (verified, total) => `${verified} von ${total} Zellen`,
  states: {
    running: 'läuft',
    done: 'fertig',
    cancelled: 'abgebrochen',
    failed: 'fehlgeschlagen',
    expired: 'abgelaufen',
    paused: 'angehalten',
  },
  mosaic: (job) => `Mosaik von ${job}`,
  mosaicButton: 'Mosaik',
  unnamed: 'Produkt ohne Titel',
  actions: {
    drain: 'Auslaufen lassen',
    undrain: 'Wieder vergeben',
    ban: 'Sperren',
    unban: 'Zulassen',
    pause: 'Anhalten',
    resume: 'Fortsetzen',
    hide: 'Verbergen',
    show: 'Zeigen',
    cancel: 'Abbrechen',
  },
  ownToken: 'Datenordner',
  form: {
    ban: 'Nach Kennung sperren',
    banHelp: 'Für jemanden, der nicht verbunden ist. Eine Kennung hat 52 Zeichen und beginnt mit 12D3KooW.',
    malformed: 'Das ist keine Kennung: Sie hat 52 Zeichen und beginnt mit 12D3KooW.',
    hide: 'Namen eines Teams verbergen',
    hideHelp: 'Genau so, wie er auf der Netzwerkseite steht.',
  },
  order,
  reason: 'Begründung',
  reasonTold: 'Wen es betrifft, der liest sie; und sie bleibt im Protokoll.',
  reasonKept: 'Sie bleibt im Protokoll und darf fehlen.',
  needed: 'Eine Sperre braucht eine Begründung.',
  cancel: 'Zurück',
  undo: 'Rückgängig',
  close: 'Schließen',
  refusedOrder: 'Das wurde nicht getan:',
};
