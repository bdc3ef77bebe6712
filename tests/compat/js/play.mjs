// Plays scenes, one after the other: for each line of standard input, such as
// {"scene": "signing_in/bySrp", "given": {...}}, a line says what the scene returned, or why it failed.
// A scene is an exported function of one of the files beside this one.

import { createInterface } from 'node:readline';

const untouched = globalThis.fetch;

async function played(name, given) {
  const [file, scene] = name.split('/');
  try {
    const { [scene]: play } = await import(`./${file}.mjs`);
    return { seen: (await play(given)) ?? null };
  } catch (error) {
    return { failed: error.stack ?? String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { scene, given } = JSON.parse(line);
  const told = await played(scene, given);
  // A scene leaves nothing behind for the next one.
  globalThis.fetch = untouched;
  delete globalThis.document;
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
