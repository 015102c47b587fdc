import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account: its password was changed. */
export const passwordChangedMail = mailTemplate({
  kind: 'password_changed',
  placeholders: ['time', 'address', 'device', 'keys'],
  words: {
    en: ({ time, address, device, keys }, product) => ({
      subject: `The password of your ${product} account was changed`,
      body: [
        paragraph`Hello,`,
        paragraph`The password of your ${product} account was changed.`,
        facts([
          ['Time', time],
          ['Address', address],
          ['Device', device],
          ['API keys', keys],
        ]),
        ...(keys === ''
          ? []
          : [
              paragraph`API keys remain valid after a change of the password. To revoke them, open your account settings or contact the operator of this service.`,
            ]),
        paragraph`If this was you, you do not need to do anything. If it was not, request a new password immediately and contact the operator of this service.`,
      ],
    }),
    de: ({ time, address, device, keys }, product) => ({
      subject: `Das Passwort Ihres Kontos bei ${product} wurde geändert`,
      body: [
        paragraph`Guten Tag,`,
        paragraph`das Passwort Ihres Kontos bei ${product} wurde geändert.`,
        facts([
          ['Zeit', time],
          ['Adresse', address],
          ['Gerät', device],
          ['API-Schlüssel', keys],
        ]),
        ...(keys === ''
          ? []
          : [
              paragraph`API-Schlüssel bleiben nach einer Änderung des Passworts gültig. Um sie zu widerrufen, öffnen Sie die Einstellungen Ihres Kontos oder wenden Sie sich an den Betreiber dieses Dienstes.`,
            ]),
        paragraph`Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, fordern Sie sofort ein neues Passwort an und benachrichtigen Sie den Betreiber dieses Dienstes.`,
      ],
    }),
  },
});
