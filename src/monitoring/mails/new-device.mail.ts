import { facts, paragraph } from '../../platform/mail/mail-content.js';
import { mailTemplate } from '../../platform/mail/mail-template.js';

/** Sent to the owner of an account: a device that had never been used with it has signed in. */
export const newDeviceMail = mailTemplate({
  kind: 'new_device',
  placeholders: ['time', 'address', 'device'],
  words: {
    en: ({ time, address, device }, product) => ({
      subject: 'A new device signed in to your account',
      body: [
        paragraph`Hello,`,
        paragraph`There was a login to your ${product} account from a device that has not been used with it before.`,
        facts([
          ['Time', time],
          ['Address', address],
          ['Device', device],
        ]),
        paragraph`If this was you, you do not need to do anything. If it was not, change your password immediately and contact the operator of this service.`,
      ],
    }),
    de: ({ time, address, device }, product) => ({
      subject: 'Anmeldung in Ihrem Konto mit einem neuen Gerät',
      body: [
        paragraph`Guten Tag,`,
        paragraph`in Ihrem Konto bei ${product} hat sich jemand mit einem bisher nicht verwendeten Gerät angemeldet.`,
        facts([
          ['Zeit', time],
          ['Adresse', address],
          ['Gerät', device],
        ]),
        paragraph`Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, ändern Sie sofort Ihr Passwort und benachrichtigen Sie den Betreiber dieses Dienstes.`,
      ],
    }),
  },
});
