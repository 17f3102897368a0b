// What each file of tests has to itself while it runs: a folder for databases and study files, and a browser.
import {after, before} from 'node:test';

import {openBrowser} from './page.mjs';
import {makeWorkspace} from './service.mjs';

export let workspace;
export let browser;

before(async () => {
  workspace = makeWorkspace();
  browser = await openBrowser(workspace.folder);
});

after(async () => {
  await browser?.close();
  workspace?.remove();
});
