// What the library's CookieStorage writes into a document's cookies, and what it makes of cookies that a server has set.

import Cookies from 'js-cookie';
import { CookieStorage } from 'amazon-cognito-identity-js';

import { asked, claimsOf, poolOf, signedIn } from './stage.mjs';

// A document that keeps cookies as a browser does, without their attributes, and notes how each was set.
class Document {
  jar = new Map();
  lines = [];
  get cookie() {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
  }
  set cookie(line) {
    this.lines.push(line);
    const [pair, ...attributes] = line.split('; ');
    const [name, ...value] = pair.split('=');
    const expires = attributes.find((each) => each.toLowerCase().startsWith('expires='));
    const maxAge = attributes.find((each) => each.toLowerCase().startsWith('max-age='));
    const over = maxAge ? maxAge.endsWith('=0') : expires && Date.parse(expires.split('=')[1]) < Date.now();
    if (over) this.jar.delete(name);
    else this.jar.set(name, value.join('='));
  }
}

const pageWith = (lines = []) => {
  globalThis.document = new Document();
  for (const line of lines) document.cookie = line;
  document.lines = [];
  return document;
};

export async function signedInByCookies(given) {
  const page = pageWith();
  await signedIn(given, poolOf(given, new CookieStorage(given.options ?? {})));
  return { header: page.cookie, lines: page.lines };
}

// The same page, loaded again.
export async function foundAgain(given) {
  const page = pageWith();
  await signedIn(given, poolOf(given, new CookieStorage(given.options ?? {})));
  const user = poolOf(given, new CookieStorage(given.options ?? {})).getCurrentUser();
  const session = await asked((done) => user.getSession(done));
  user.signOut();
  return { user: user.getUsername(), ...claimsOf(session), left: page.cookie };
}

// What the front end finds after a server has signed the person in.
export async function afterServer(given) {
  const page = pageWith(given.lines);
  const user = poolOf(given, new CookieStorage()).getCurrentUser();
  if (!user) return { user: null, header: page.cookie };
  const session = await asked((done) => user.getSession(done));
  const attributes = await asked((done) => user.getUserAttributes(done));
  return { user: user.getUsername(), ...claimsOf(session), attributes: attributes.length, header: page.cookie };
}

// What js-cookie itself makes of texts, as name and as value.
export async function encoded({ texts }) {
  return texts.map((text) => {
    const page = pageWith();
    Cookies.set(text, text);
    const [name, ...value] = page.lines[0].split('; ')[0].split('=');
    return [name, value.join('=')];
  });
}
