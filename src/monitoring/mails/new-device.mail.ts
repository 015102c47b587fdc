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
        paragraph`A device that had not been used with your ${product} account before has signed in to it.`,
        facts([
          ['Time', time],
          ['Address', address],
          ['Device', device],
        ]),
        paragraph`If this was you, there is nothing to do. If it was not, change your password at once and tell the people who run this service.`,
      ],
    }),
    de: ({ time, address, device }, product) => ({
      subject: 'Ein neues Gerät hat sich bei Ihrem Konto angemeldet',
      body: [
        paragraph`Guten Tag,`,
        paragraph`ein Gerät, das mit Ihrem Konto bei ${product} noch nicht benutzt worden war, hat sich angemeldet.`,
        facts([
          ['Zeit', time],
          ['Adresse', address],
          ['Gerät', device],
        ]),
        paragraph`Wenn Sie das waren, ist nichts zu tun. Wenn nicht, ändern Sie sofort Ihr Passwort und benachrichtigen Sie den Betreiber dieses Dienstes.`,
      ],
    }),
  },
});
