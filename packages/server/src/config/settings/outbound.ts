import { type Setting, text } from '../setting.ts'

/** Places elsewhere: what is fetched from them, who reports leaks, where webhooks are. */
export const outboundSettings = {
  outboundAllowed: text({
    path: 'outbound.allowed',
    environment: 'MINTMARK_OUTBOUND_ALLOWED',
    default: '',
    defaultText: 'none',
    sentence:
      'Private addresses and ranges, separated by commas, where keys that clients and trusted issuers publish may be fetched from; public ones always may.',
  }),
  outboundCaFile: text({
    path: 'outbound.caFile',
    environment: 'MINTMARK_OUTBOUND_CA_FILE',
    default: '',
    defaultText: 'those of Node',
    sentence: 'Certificates, as PEM, that are trusted when keys that clients and trusted issuers publish are fetched.',
  }),
  leakReportScanners: text({
    path: 'leakReports.scanners',
    environment: 'MINTMARK_LEAK_REPORTS_SCANNERS',
    default: '',
    defaultText: 'none',
    sentence:
      'Who may report leaks to /leak-reports/NAME, separated by commas: NAME=URL with the https URL of its public keys, or NAME=FILE with the keys.',
  }),
  leakReportAnswer: text({
    path: 'leakReports.answer',
    environment: 'MINTMARK_LEAK_REPORTS_ANSWER',
    default: 'nothing',
    choices: ['nothing', 'labels'],
    sentence: 'What a scanner is answered: nothing, or labels that tell which of its findings are ours.',
  }),
  webhooksAllowed: text({
    path: 'webhooks.allowed',
    environment: 'MINTMARK_WEBHOOKS_ALLOWED',
    default: '',
    defaultText: 'none',
    sentence:
      'Hosts, addresses and ranges on private networks, separated by commas, where webhooks may be; public ones always may. http is for loopback alone.',
  }),
} as const satisfies Readonly<Record<string, Setting>>
