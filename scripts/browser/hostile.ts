import newman, { type NewmanRunSummary } from 'newman';
import { nasty, red } from '../report/fixture.ts';
import { htmlextraReport, keepConsole } from '../report/htmlextra.ts';
import { indexPage } from '../report/index-page.ts';

/** Reports, by the names of their files, in which a target says everything that could break a page. */
export async function hostileReports(): Promise<Record<string, string>> {
  const htmlextra = htmlextraReport([await nastyRun()], {
    title: nasty,
    browserTitle: nasty,
    logs: true,
  });
  return { 'index.html': indexPage(red, []), 'htmlextra.html': htmlextra };
}

/** Nothing listens where its request goes: what it says stands in names, messages and the console. */
function nastyRun(): Promise<NewmanRunSummary> {
  const text = JSON.stringify(nasty);
  const exec = [
    `console.log(${text})`,
    `pm.test(${text}, () => { throw new Error(${text}) })`,
    `pm.test.skip(${text}, () => {})`,
  ];
  const item = {
    name: nasty,
    request: {
      method: 'POST',
      url: 'http://127.0.0.1:9/',
      header: [{ key: 'X-Nasty', value: '"><script>alert(1)</script>' }],
      body: { mode: 'raw', raw: nasty },
      description: nasty,
    },
    event: [{ listen: 'prerequest', script: { exec } }],
  };
  const schema = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';
  const collection = {
    info: { name: nasty, description: nasty, schema },
    item: [{ name: nasty, item: [item] }],
  } as object;
  return new Promise((resolve, reject) => {
    keepConsole(newman.run({ collection }, (error, summary) => (error ? reject(error) : resolve(summary))));
  });
}
