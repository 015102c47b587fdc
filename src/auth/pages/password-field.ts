import { type Markup, markup } from '../../platform/http/markup.js';
import type { AccountPage } from './account-page.js';
import { PASSWORD_FAULTS, type PasswordFault, type SharedWords } from './shared-words.js';

/** Returns the field for a password. The one for the account's own password is hidden until it is needed. */
export function passwordField(
  kind: AccountPage['password'],
  words: SharedWords,
  { PASSWORD_MIN_LENGTH }: { readonly PASSWORD_MIN_LENGTH: number },
): Markup | [] {
  if (kind === 'none') return [];
  const show = markup`<label class="choice"><input id="show-password" type="checkbox"> ${words.showPassword}</label>`;
  if (kind === 'owner')
    return markup`<div id="password-field" hidden>
<label for="password">${words.ownerPassword}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
${show}
</div>`;
  return markup`<div id="password-field">
<label for="password">${kind === 'new' ? words.newPassword : words.chosenPassword}</label>
<p id="hint">${words.newPasswordHint(String(PASSWORD_MIN_LENGTH))}</p>
<input id="password" name="${kind === 'new' ? 'newPassword' : 'password'}" type="password" autocomplete="new-password" required aria-describedby="hint">
${show}
</div>`;
}

/** Returns the messages about passwords that the script may show. */
export function passwordMessages(words: SharedWords): Markup {
  const faults = Object.entries(PASSWORD_FAULTS).map(
    ([fault, phrase]) =>
      markup`<li data-phrase="${phrase}">${words.passwordFaults[fault as PasswordFault]}</li>\n`,
  );
  return markup`<p data-message="password_needed">${words.passwordNeeded}</p>
<p data-message="password_missing">${words.passwordMissing}</p>
<p data-message="password_wrong">${words.passwordWrong}</p>
<div data-message="password_refused"><p>${words.passwordRefused}</p>
<ul data-value="faults"></ul>
<p>${words.passwordAdvice}</p></div>
<ul data-message="faults">
${faults}</ul>`;
}
