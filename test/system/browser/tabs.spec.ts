import { expect, it } from 'vitest';
import { PASSWORD } from '../../support/app/accounts.js';
import { describeTabs } from '../../support/browser/describe-tabs.js';
import { PageOfOneHost } from '../../support/browser/page-of-one-host.js';

describeTabs(
  'the page of docs/integration.md',
  () => PageOfOneHost.start(),
  (host) => {
    it('keeps the session if the answer of a step-up is lost', async () => {
      const tab = await host().openTab();
      await host().signIn(tab);
      await host().passTenSeconds();
      host().proxy.passage = (call) => (call === 'POST /auth/step-up' ? { broken: 'after' } : {});
      const proof = JSON.stringify({ password: PASSWORD });
      expect(await tab.evaluate(`session.stepUp(${proof}).catch(({ name }) => name)`)).toBe('TypeError');
      await host().expireAccess();
      expect(await host().calls(tab, ['/users/me'])).toEqual([200]);
      expect(await host().countEvents(`type = 'authn_token_reuse'`)).toBe(0);
    });
  },
);
