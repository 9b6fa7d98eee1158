/** The contributor’s page in German. */
import type { Strings } from './strings.ts';

const BROWSERS =
  'Chrome oder Edge ab Version 113, Safari ab 26, Firefox ab 141 unter Windows und ab 145 unter macOS';
const of = (project: string): string => (project ? ` für „${project}“` : '');
const TELL = 'sagen Sie bitte den Betreibern dieser Seite Bescheid';

const RETRYING: Partial<Record<string, string>> = {
  'wrong-peer': 'Der Koordinator unter dieser Adresse ist nicht der, den diese Seite erwartet',
  'bad-frame': 'Der Koordinator hat Unmögliches gesendet, deshalb hat diese Seite die Verbindung getrennt',
  'bad-signature':
    'Der Koordinator hat Unmögliches gesendet, deshalb hat diese Seite die Verbindung getrennt',
  'too-large': 'Der Koordinator verlangt mehr, als er darf, deshalb hat diese Seite die Verbindung getrennt',
  'not-found': 'Der Koordinator hat eine andere Version als diese Seite',
};

export const stringsDe: Strings = {
  locale: 'de',
  dir: 'ltr',
  panel: 'Mitrechnen',
  button: {
    start: 'Start',
    again: 'Wieder starten',
    retry: 'Noch einmal versuchen',
    stop: 'Stopp',
    stopping: 'Stoppt…',
    pause: 'Pause',
    resume: 'Weiter',
    finish: 'Fertig rechnen, dann stopp',
    finishing: 'Rechnet fertig…',
    here: 'Lieber hier mitrechnen',
    copy: 'Kopieren',
    copied: 'Kopiert',
  },
  invitation: 'Nichts läuft, bevor Sie auf Start drücken.',
  nothingRuns: 'Es läuft nichts.',
  promise: (memory, disk) => [
    'Ihre GPU berechnet kleine Teile großer Matrixprodukte, in Scheiben von wenigen Hundertstelsekunden, damit das Gerät benutzbar bleibt.',
    `Benutzt werden bis zu ${memory} GPU-Speicher, ${disk ? `bis zu ${disk} auf der Festplatte, ` : ''}etwas Strom und Ihre Internetverbindung.`,
    'Stopp beendet alles sofort, und ebenso das Schließen dieses Tabs.',
  ],
  stages: 'Stufen eines Teils',
  stage: {
    testing: 'GPU-Test',
    connecting: 'Verbinden',
    waiting: 'Warten',
    downloading: 'Laden',
    computing: 'Rechnen',
    uploading: 'Senden',
    verified: 'Geprüft',
  },
  about: (duration) => `etwa ${duration}`,
  now: {
    cannotStart: 'Tilework kann hier nicht starten.',
    ready: 'Bereit, sobald Sie es sind.',
    stopped: 'Gestoppt. Es läuft nichts.',
    stopping: 'Stoppt; die GPU beendet die laufende Scheibe.',
    testing: 'Ihre GPU wird mit Produkten getestet, deren Ergebnis bekannt ist.',
    connecting: 'Verbindung zum Koordinator wird aufgebaut.',
    waiting: 'Verbunden; im Moment gibt es nichts zu rechnen. Sie können dieses Fenster offen lassen.',
    downloading: (project) => `Die Zahlen für einen Teil${of(project)} werden geladen.`,
    computing: (project) => `Ein Teil${of(project)} wird berechnet.`,
    uploading: (project) => `Das Ergebnis${of(project)} wird gesendet.`,
    checking: 'Gesendet; der Koordinator prüft jede Zahl.',
    verified: 'Geprüft. Vielen Dank.',
    finishing: 'Was begonnen ist, wird fertig gerechnet; danach stoppt es von selbst.',
    paused: 'Pause. Ihre GPU tut gerade nichts für uns.',
    retrying: (trouble, within) =>
      `${RETRYING[trouble] ?? 'Der Koordinator ist nicht zu erreichen'}; nächster Versuch${within === undefined ? ' läuft' : ` in ${within}`}.`,
  },
  said: {
    working: 'Rechnet.',
    workingSince: (shards, count) => `Rechnet. ${shards} ${count === 1 ? 'Teil' : 'Teile'} geprüft.`,
  },
  badge: {
    'full-power': 'Volle Leistung',
    reduced: 'Verringert',
    throttled: 'Vom Browser gebremst',
    paused: 'Pause',
  },
  badgeName: 'Wie viel gerechnet wird',
  reason: {
    byHand: 'Sie haben auf Pause gedrückt.',
    onBattery: 'Dieses Gerät läuft mit Akku, und Sie möchten nur am Stromnetz mitrechnen.',
    batteryLow: (level, floor) => `Der Akku steht bei ${level}; ${floor} sollen Ihnen bleiben.`,
    quietHours: (until) => `Ihr Zeitplan sagt: jetzt nicht. Weiter geht es um ${until} Uhr.`,
    dataCap: (used, cap, until) =>
      `Heute wurden ${used} übertragen, Ihre Grenze ist ${cap}. Weiter geht es um ${until} Uhr.`,
    metered: 'Dieses Netz zählt seine Daten, und ein solches möchten Sie nicht benutzen.',
    inUse: (idle, until) =>
      until === undefined
        ? `Der Computer wird gerade benutzt. Weiter geht es, wenn ihn ${idle} lang niemand benutzt hat.`
        : `Der Computer wurde eben noch benutzt. Weiter geht es um ${until} Uhr.`,
    veryHot: 'Dieses Gerät ist sehr heiß oder beschäftigt. Weiter geht es, wenn das vorbei ist.',
    hotByPressure: (share) =>
      `Dieses Gerät ist heiß oder beschäftigt; deshalb rechnet die GPU nur mit ${share} dessen, was Sie erlauben.`,
    hotBySpeed: (share) =>
      `Die Teile dauern länger als zuvor, woran man eine heiße GPU erkennt; deshalb rechnet sie nur mit ${share} dessen, was Sie erlauben.`,
    throttled:
      'Der Browser bremst diesen Tab, weil er im Hintergrund ist; das Rechnen kann langsamer werden.',
    offline: 'Es gibt kein Netz; was begonnen ist, wartet.',
    intensity: (share) => `Sie haben ${share} Intensität gewählt.`,
  },
  shardsVerified: (count) => (count === 1 ? 'Teil geprüft' : 'Teile geprüft'),
  stat: {
    speedNow: 'GPU-Leistung',
    speedHour: 'Geprüft, letzte Stunde',
    work: 'Geprüfte Arbeit',
    credit: 'Guthaben',
    creditInAll: (credit) => `${credit} insgesamt`,
    receipts: 'Quittungen',
    link: 'Vom Möglichen',
    linkNote: 'bei Ihrer Leitung und GPU',
    data: 'Übertragen',
    dataIn: (bytes) => `${bytes} empfangen`,
    dataOut: (bytes) => `${bytes} gesendet`,
    dataToday: (bytes) => `${bytes} heute`,
    unknown: '–',
  },
  fact: {
    project: 'Für',
    gpu: 'GPU',
    network: 'Netzwerk',
    you: 'Sie sind',
    copyId: 'Ihre Kennung kopieren',
    log: 'Quittungen im öffentlichen Protokoll',
    checkedOf: (checked, receipts) => `${checked} von ${receipts} nachgeprüft`,
  },
  summary: (work, credit) =>
    `Sie haben ${work} geprüfte Arbeit gegeben und ${credit} Guthaben verdient. Vielen Dank.`,
  summaryNone: 'Diesmal wurde kein Teil fertig. Nichts ist verloren: Jemand anderes berechnet ihn.',
  notice: {
    insecure: {
      title: 'Diese Seite braucht https',
      advice:
        'Browser bieten WebGPU nur Seiten an, die über https (oder auf localhost) geöffnet wurden. Öffnen Sie diese Seite unter ihrer https-Adresse.',
    },
    'no-webgpu': {
      title: 'Dieser Browser hat kein WebGPU',
      advice: `Tilework braucht WebGPU. Diese Browser haben es: ${BROWSERS}. Gehört Ihrer dazu, ist vielleicht die Grafikbeschleunigung in seinen Einstellungen ausgeschaltet.`,
    },
    'software-adapter': {
      title: 'Es wurde keine echte GPU gefunden',
      advice:
        'Dieser Browser würde stattdessen auf dem Prozessor rechnen. Das ist langsam, wird warm und nützt wenig, deshalb lässt Tilework es bleiben. Schalten Sie die Grafikbeschleunigung in den Einstellungen des Browsers ein oder versuchen Sie es mit einem anderen Gerät. Danke für Ihr Angebot.',
    },
    'unsupported-key': {
      title: 'Diesem Browser fehlen die Signaturen, die Tilework braucht',
      advice:
        'Ergebnisse werden signiert, und das kann dieser Browser hier nicht. Eine aktuelle Version kann es, oder ein Fenster, das nicht privat ist.',
    },
    locked: {
      title: 'Ein anderer Tab rechnet bereits mit',
      advice:
        'Ein Tab lastet die ganze GPU aus. Benutzen Sie jenen Tab, oder stoppen Sie ihn dort und versuchen Sie es hier noch einmal.',
    },
    conflict: {
      title: 'Jetzt rechnet ein anderer Tab mit',
      advice:
        'Immer nur ein Tab benutzt diese GPU. Drücken Sie auf „Noch einmal versuchen“, um hier weiterzurechnen.',
    },
    'wrong-peer': {
      title: 'Das ist nicht der Koordinator, den diese Seite nennt',
      advice: `Er wurde vielleicht neu aufgesetzt, oder jemand gibt sich für ihn aus; für ihn wird nichts berechnet. Dann ${TELL}. Diese Seite versucht es weiter.`,
    },
    unreachable: {
      title: 'Der Koordinator ist nicht zu erreichen',
      advice:
        'Vielleicht startet er gerade neu, dieses Gerät ist offline, oder ein Proxy blockiert WebSockets. Diese Seite versucht es weiter; Sie müssen nichts tun. Gehen andere Seiten und bleibt es so, dann versuchen Sie ein anderes Netz.',
    },
    'not-found': {
      title: 'Diese Seite und der Koordinator haben verschiedene Versionen',
      advice: `Laden Sie die Seite neu, um ihre neueste Version zu bekommen. Hilft das nicht, ist der Koordinator älter als die Seite: Dann ${TELL}. Diese Seite versucht es weiter.`,
    },
    'gpu-lost': {
      title: 'Die GPU ist verschwunden',
      advice:
        'Der Browser oder der Treiber hat die GPU zurückgenommen, etwa nach einem Ruhezustand oder einem Treiberupdate. Drücken Sie auf „Noch einmal versuchen“; kommt es wieder, starten Sie den Browser neu.',
    },
    'gpu-wrong': {
      title: 'Diese GPU hat falsche Ergebnisse geliefert',
      advice:
        'Sie ist an Produkten gescheitert, deren Ergebnis bekannt ist; nichts davon wird verwendet. So verhalten sich übertaktete oder überhitzte GPUs, manchmal auch alte Treiber: Aktualisieren Sie ihn, lassen Sie sie abkühlen und versuchen Sie es noch einmal.',
    },
    'out-of-memory': {
      title: 'Die GPU hat zu wenig freien Speicher',
      advice:
        'Schließen Sie andere Tabs, die die GPU benutzen, oder wählen Sie unter „Einstellungen“ weniger GPU-Speicher.',
    },
    forbidden: {
      title: 'Dieser Browser erlaubt die Verbindung nicht',
      advice: `Eine Einstellung oder Erweiterung dieses Browsers oder die Regeln dieser Seite verbieten sie. Mit einem anderen Browser geht es vielleicht; wenn nicht, ${TELL}.`,
    },
    banned: {
      title: 'In diesem Netzwerk gesperrt',
      advice:
        'Wer es betreibt, hat diesen Schlüssel ausgeschlossen; der Grund steht unten. Erworbenes Guthaben bleibt.',
    },
    'bad-input': {
      title: 'Diese Seite ist nicht richtig eingerichtet',
      advice: `Sie nennt keinen Koordinator, mit dem sie etwas anfangen kann. Dann ${TELL}; was folgt, hilft ihnen.`,
    },
    'bad-frame': {
      title: 'Der Koordinator sendet Unmögliches',
      advice: `Diese Seite hat die Verbindung getrennt und versucht es weiter. Vielleicht hat er eine andere Version: Laden Sie die Seite neu, und wenn das nicht hilft, ${TELL}.`,
    },
    'bad-signature': {
      title: 'Eine Signatur stimmt nicht',
      advice: `Was ankam, ist nicht das, was der Koordinator signiert hat. Diese Seite hat die Verbindung getrennt und versucht es weiter. Bleibt es so, ${TELL}.`,
    },
    'too-large': {
      title: 'Der Koordinator verlangt mehr, als er darf',
      advice: `Diese Seite hat die Verbindung getrennt und versucht es weiter. Bleibt es so, ${TELL}.`,
    },
    timeout: {
      title: 'Das hat zu lange gedauert',
      advice:
        'Dieses Gerät ist vielleicht sehr beschäftigt. Versuchen Sie es noch einmal; kommt es wieder, laden Sie die Seite neu.',
    },
    closed: {
      title: 'Die Verbindung wurde geschlossen',
      advice: 'Versuchen Sie es noch einmal; kommt es wieder, laden Sie die Seite neu.',
    },
    internal: {
      title: 'Etwas ist schiefgegangen',
      advice: `Laden Sie die Seite neu und versuchen Sie es noch einmal. Kommt es wieder, ${TELL}; was folgt, hilft ihnen.`,
    },
  },
  overWebRtc: {
    title: 'Über WebRTC verbunden',
    advice:
      'Das ist langsamer als der übliche Weg, und es läuft im Thread dieser Seite, die deshalb ruckeln kann. Benutzt wird es, wo der übliche Weg nicht zum Koordinator führt.',
  },
  rejected: (count) => ({
    title: count === 1 ? 'Ein Teil wurde nicht angenommen' : `${count} Teile wurden nicht angenommen`,
    advice:
      'Die Zahlen haben die Prüfung nicht bestanden, deshalb wurde nichts gutgeschrieben, und jemand anderes berechnet sie neu. Kommt das oft vor, ist diese GPU vielleicht übertaktet oder zu heiß.',
  }),
  log: {
    forked: {
      title: 'Das öffentliche Protokoll dieses Netzwerks widerspricht dem, was es zuvor gesagt hat',
      advice: `Sein Koordinator hat zwei Fassungen der Geschichte signiert; auf Guthaben ist hier kein Verlass. Drücken Sie auf Stopp, wenn Sie nicht weitermachen möchten, und ${TELL}. Dieser Browser bewahrt beide signierten Aussagen als Beleg auf.`,
    },
    missing: {
      title: 'Im öffentlichen Protokoll dieses Netzwerks fehlt eine Ihrer Quittungen',
      advice: `Der Koordinator hat signiert, dass diese Arbeit gutgeschrieben wurde, und sein öffentliches Protokoll sagt etwas anderes. Drücken Sie auf Stopp, wenn Sie nicht weitermachen möchten, und ${TELL}.`,
    },
    unverifiable: {
      title: 'Das öffentliche Protokoll dieses Netzwerks lässt sich nicht nachprüfen',
      advice: `Was ausgeliefert wird, passt nicht zur Signatur darüber. Vielleicht liegt es am Server; diese Seite versucht es weiter. Bleibt es so, ${TELL}.`,
    },
  },
  clockOff: (by) => ({
    title: 'Die Uhr dieses Geräts geht falsch',
    advice: `Sie weicht um ${by} von der des Servers ab. Dem Rechnen schadet das nicht, aber Ihr Zeitplan und die tägliche Datengrenze richten sich nach ihr: Stellen Sie sie in den Systemeinstellungen richtig.`,
  }),
  diskRefused: {
    title: 'Auf dieser Festplatte ist kein Platz',
    advice:
      'Zahlen, die wieder gebraucht werden, werden neu geladen, statt aufbewahrt zu werden. Schaffen Sie Platz, oder wählen Sie unter „Einstellungen“ weniger Festplatte.',
  },
  development: {
    title: 'Adresse zum Entwickeln',
    advice: 'Den Koordinator hat der Link gewählt, der diese Seite geöffnet hat, nicht diese Website:',
  },
  detail: 'Was das Programm dazu sagt:',
  otherTab: {
    title: 'Ein anderer Tab dieses Browsers rechnet mit',
    advice: 'Dies sind seine Zahlen, und die Knöpfe gelten ihm. Ein Tab lastet die ganze GPU aus.',
  },
  otherTabWaiting: {
    title: 'Ein anderer Tab dieses Browsers rechnet mit',
    advice: 'Dieser macht weiter, sobald jener endet.',
  },
  section: {
    controls: 'Einstellungen',
    speed: 'Geschwindigkeit im Verlauf',
    report: 'Nachtbericht',
    you: 'Ihr Name und Schlüssel',
    projects: 'Wofür Sie rechnen',
    share: 'Weitersagen',
  },
  loading: 'Wird geladen…',
  title: {
    attention: 'Braucht Sie · Tilework',
    verified: (count) => `${count} geprüft · Tilework`,
    paused: 'Pause · Tilework',
  },
  language: 'Sprache',
};
