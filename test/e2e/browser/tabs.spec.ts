import { describeTabs } from '../../support/browser/describe-tabs.js';
import { PageOfOneHost } from '../../support/browser/page-of-one-host.js';

describeTabs('the page of docs/integration.md', () => PageOfOneHost.start());
