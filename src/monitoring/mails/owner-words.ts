import type { Locale } from '../../platform/access/locale.js';

/** The labels and the advice in a mail to the owner of an account. */
export const OWNER_LABELS: Readonly<
  Record<
    Locale,
    { readonly time: string; readonly address: string; readonly device: string; readonly advice: string }
  >
> = {
  en: {
    time: 'Time',
    address: 'Address',
    device: 'Device',
    advice:
      'If this was you, you do not need to do anything. If it was not, change your password immediately and contact the operator of this service.',
  },
  de: {
    time: 'Zeit',
    address: 'Adresse',
    device: 'Gerät',
    advice:
      'Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, ändern Sie sofort Ihr Passwort und benachrichtigen Sie den Betreiber dieses Dienstes.',
  },
};
