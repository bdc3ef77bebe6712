// One's own record.

import { asked, attribute, codeFor, listen, refusalOf, signedIn, told } from './stage.mjs';

const attributesOf = async (user) =>
  Object.fromEntries(
    (await asked((done) => user.getUserAttributes(done))).map((each) => [each.getName(), each.getValue()]),
  );

export const read = async (given) => attributesOf(await signedIn(given));

export async function readData(given) {
  const user = await signedIn(given);
  const first = await asked((done) => user.getUserData(done));
  const heard = listen();
  const again = await asked((done) => user.getUserData(done));
  return { first, again, operations: heard.operations };
}

export async function readDataAnew(given) {
  const user = await signedIn(given);
  await asked((done) => user.getUserData(done));
  const heard = listen();
  const anew = await asked((done) => user.getUserData(done, { bypassCache: true }));
  return { attributes: anew.UserAttributes.length, operations: heard.operations };
}

export async function update(given) {
  const user = await signedIn(given);
  const changes = Object.entries(given.changes).map(([name, value]) => attribute(name, value));
  const [said, deliveries] = await new Promise((resolve, reject) =>
    user.updateAttributes(changes, (error, result, details) =>
      error ? reject(error) : resolve([result, details]),
    ),
  );
  return { said, deliveries, attributes: await attributesOf(user) };
}

export async function remove(given) {
  const user = await signedIn(given);
  const said = await asked((done) => user.deleteAttributes(given.names, done));
  return { said, attributes: await attributesOf(user) };
}

export async function verify(given) {
  const user = await signedIn(given);
  const delivery = await new Promise((resolve, reject) =>
    user.getAttributeVerificationCode('email', {
      onSuccess: reject,
      onFailure: reject,
      inputVerificationCode: resolve,
    }),
  );
  const before = await attributesOf(user);
  const code = await codeFor(given, 'VerifyUserAttribute');
  const said = await told((callbacks) => user.verifyAttribute('email', code, callbacks));
  return { delivery, before, said, after: await attributesOf(user) };
}

export async function deleteUser(given) {
  const user = await signedIn(given);
  const said = await asked((done) => user.deleteUser(done));
  // The library forgets what it has stored, and keeps the session that it has in memory.
  return { said, read: await refusalOf(attributesOf(user)) };
}
