// What is kept of a sign-in, how it is renewed, and how it ends.

import { asked, claimsOf, listen, poolOf, refusalOf, signedIn, told } from './stage.mjs';

const attributesOf = (user) => asked((done) => user.getUserAttributes(done));
const sessionOf = (user) => asked((done) => user.getSession(done));

// The user as a page finds them after it was loaded again: by what is in the storage alone.
const laterUserOf = (given, storage) => poolOf(given, storage).getCurrentUser();

export async function fromStorage(given) {
  const pool = poolOf(given);
  await signedIn(given, pool);
  const heard = listen();
  const user = laterUserOf(given, pool.storage);
  const session = await sessionOf(user);
  const operations = [...heard.operations];
  return {
    ...claimsOf(session),
    username: user.getUsername(),
    operations,
    attributes: (await attributesOf(user)).length,
  };
}

export async function renewedFromStorage(given) {
  const pool = poolOf(given);
  const before = (await signedIn(given, pool)).getSignInUserSession();
  // As if this machine's clock had been two hours behind at sign-in, so that the tokens look old now.
  const key = Object.keys(pool.storage.items).find((name) => name.endsWith('.clockDrift'));
  pool.storage.setItem(key, '-7200');
  const heard = listen();
  const after = await sessionOf(laterUserOf(given, pool.storage));
  return { before: claimsOf(before), after: claimsOf(after), operations: heard.operations };
}

export async function refresh(given) {
  const user = await signedIn(given);
  const before = user.getSignInUserSession();
  const after = await asked((done) => user.refreshSession(before.getRefreshToken(), done));
  return {
    before: claimsOf(before),
    after: claimsOf(after),
    sameRefreshToken: before.getRefreshToken().getToken() === after.getRefreshToken().getToken(),
    attributes: (await attributesOf(user)).length,
  };
}

export async function signOut(given) {
  const pool = poolOf(given);
  const user = await signedIn(given, pool);
  const session = user.getSignInUserSession();
  const heard = listen();
  await asked((done) => user.signOut(done));
  return {
    operations: heard.operations,
    stored: Object.keys(pool.storage.items),
    accessToken: session.getAccessToken().getJwtToken(),
    refreshToken: session.getRefreshToken().getToken(),
  };
}

export async function signOutHereOnly(given) {
  const pool = poolOf(given);
  const user = await signedIn(given, pool);
  const session = user.getSignInUserSession();
  const heard = listen();
  user.signOut();
  return {
    operations: heard.operations,
    stored: Object.keys(pool.storage.items),
    user: pool.getCurrentUser(),
    refreshToken: session.getRefreshToken().getToken(),
  };
}

export async function globalSignOut(given) {
  const user = await signedIn(given);
  const elsewhere = await signedIn(given);
  const said = await told((callbacks) => user.globalSignOut(callbacks));
  return {
    said,
    // The library keeps the session that it has in memory, so the pool has the last word.
    here: await refusalOf(attributesOf(user)),
    elsewhere: await refusalOf(attributesOf(elsewhere)),
    refreshToken: elsewhere.getSignInUserSession().getRefreshToken().getToken(),
  };
}
