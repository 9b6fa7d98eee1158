/** The controls in German. */
import type { ControlStrings } from './strings-controls.ts';

export const controlsDe: ControlStrings = {
  locale: 'de',
  presets: 'Wie viel gerechnet wird',
  preset: {
    gentle: {
      label: 'Sanft',
      help: 'Sie merken kaum etwas: ein Drittel der Zeit, und nur wenn Sie nicht am Computer sind.',
    },
    balanced: {
      label: 'Ausgewogen',
      help: 'Das meiste, was die GPU kann, solange das Gerät am Stromnetz ist.',
    },
    'all-in': {
      label: 'Alles',
      help: 'Alles, was die GPU kann, auch mit Akku und in Netzen, die Daten zählen.',
    },
  },
  presetNote: 'Ihr Zeitplan, Ihre Datengrenzen und der leise Ton bleiben dabei, wie sie sind.',
  custom: 'Ihre eigene Mischung.',
  group: {
    power: 'Strom und Wärme',
    when: 'Wann',
    data: 'Netz',
    space: 'Speicher und Festplatte',
    night: 'Über Nacht',
  },
  intensity: { label: 'Intensität', help: 'Anteil der Zeit, in der Ihre GPU für das Netzwerk rechnet' },
  heat: {
    label: 'Wärme',
    help: 'Rechnet weniger, wenn dieses Gerät heiß oder beschäftigt ist, und gar nicht, wenn es sehr heiß ist; früh heißt, bevor man den Lüfter hört.',
  },
  heats: { off: 'Egal', normal: 'Nachgeben', careful: 'Früh nachgeben' },
  onlyOnMains: { label: 'Nur am Stromnetz', help: 'Macht Pause, sobald dieses Gerät mit Akku läuft.' },
  batteryFloor: { label: 'Im Akku lassen', help: 'Mit Akku macht es unter diesem Stand Pause.' },
  never: 'Nichts',
  pauseWhileInUse: {
    label: 'Pause, während ich den Computer benutze',
    help: 'Rechnet nur, wenn Tastatur und Maus ruhen. Der Browser fragt Sie, ob er das verraten darf.',
  },
  idle: { label: 'Ruhe seit', help: 'Nach so langer Zeit ohne Berührung gilt der Computer als unbenutzt.' },
  schedule: { label: 'Zeitplan', help: 'Nach der Uhr dieses Geräts; er darf über Mitternacht gehen.' },
  schedules: { always: 'Jederzeit', except: 'Nicht zwischen', only: 'Nur zwischen' },
  from: 'Von',
  to: 'bis',
  dailyData: {
    label: 'Daten am Tag',
    help: 'Macht Pause bis Mitternacht, wenn so viel übertragen ist, beide Richtungen zusammen.',
  },
  dataToday: (bytes) => `Heute bisher ${bytes}.`,
  downCap: { label: 'Höchstens empfangen', help: 'Der Rest Ihrer Leitung bleibt Ihnen.' },
  upCap: {
    label: 'Höchstens senden',
    help: 'Gesendet werden Ergebnisse; Gespräche und Spiele leiden unter dem Senden am meisten.',
  },
  noLimit: 'Keine Grenze',
  perSecond: (bytes) => `${bytes}/s`,
  onMetered: {
    label: 'Auch in Netzen, die Daten zählen',
    help: 'Mobilfunk, und Browser, die Daten sparen sollen.',
  },
  memory: { label: 'GPU-Speicher', help: 'So viel wird höchstens benutzt, ab dem nächsten Start.' },
  disk: {
    label: 'Festplatte',
    help: 'Bewahrt Zahlen auf diesem Gerät auf, damit sie nicht zweimal kommen müssen.',
  },
  diskUsed: (bytes) => `${bytes} belegt.`,
  clear: 'Löschen',
  off: 'Aus',
  keepAwake: {
    label: 'Bildschirm wach halten',
    help: 'Solange gerechnet wird und dieser Tab zu sehen ist; ein schlafender Computer rechnet nichts.',
  },
  tone: {
    label: 'Leiser Ton',
    help: 'Ein Ton, den niemand hört und für den Browser Tabs im Hintergrund weniger bremsen. Der Tab zeigt einen Lautsprecher.',
  },
  note: {
    noBattery: 'Dieser Browser weiß nicht, ob das Gerät mit Akku läuft.',
    noIdle: 'Dieser Browser weiß nicht, ob jemand den Computer benutzt.',
    idleRefused:
      'Dieser Browser darf nicht verraten, ob jemand den Computer benutzt. In seinen Website-Einstellungen lässt sich das ändern.',
    noMetered: 'Dieser Browser weiß nicht, ob dieses Netz seine Daten zählt.',
    noPressure:
      'Dieser Browser weiß nicht, wie heiß das Gerät ist; stattdessen zählt, wenn Teile länger dauern.',
    noAwake: 'Dieser Browser kann den Bildschirm nicht wach halten.',
    awakeRefused: 'Der Browser lehnt es gerade ab, vielleicht weil der Akku schwach ist.',
    noTone: 'Dieser Browser spielt keine Töne.',
    toneBlocked: 'Der Browser lässt gerade keinen Ton heraus; schalten Sie ihn aus und wieder ein.',
    scheduleEmpty: 'Beide Zeiten sind gleich, deshalb wird jederzeit gerechnet.',
  },
};
