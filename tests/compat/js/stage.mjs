// What the scenes share: a pool over the endpoint that they are given, callbacks as promises, and the codes that were sent.

import { createHmac } from 'node:crypto';

import {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserAttribute,
  CognitoUserPool,
} from 'amazon-cognito-identity-js';

// A storage of one scene alone: the library's own is one object for the whole process.
export class Storage {
  items = {};
  setItem(key, value) {
    this.items[key] = value;
    return value;
  }
  getItem(key) {
    return this.items[key] ?? null;
  }
  removeItem(key) {
    delete this.items[key];
  }
  clear() {
    this.items = {};
  }
}

export function poolOf({ poolId, clientId, endpoint }, storage = new Storage()) {
  return new CognitoUserPool({ UserPoolId: poolId, ClientId: clientId, endpoint, Storage: storage });
}

// A user does not take over the storage of its pool by itself.
export function userOf({ username, ...given }, pool = poolOf(given)) {
  return new CognitoUser({ Username: username, Pool: pool, Storage: pool.storage });
}

export const attribute = (name, value) => new CognitoUserAttribute({ Name: name, Value: value });

// The library calls back in two ways: with (error, result), or one function for each thing that can happen.
export const asked = (call) =>
  new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))));
export const told = (call) =>
  new Promise((resolve, reject) => call({ onSuccess: resolve, onFailure: reject }));

// Proves the password by SRP, or sends it after user.setAuthenticationFlowType('USER_PASSWORD_AUTH').
export function signIn(user, { username, password, validationData }) {
  const details = new AuthenticationDetails({
    Username: username,
    Password: password,
    ValidationData: validationData,
  });
  return told((callbacks) => user.authenticateUser(details, callbacks));
}

// What a step of a sign-in leads to: which function was called, and with what. A failure is thrown.
const OUTCOMES = [
  'onSuccess',
  'newPasswordRequired',
  'mfaRequired',
  'totpRequired',
  'selectMFAType',
  'mfaSetup',
  'associateSecretCode',
  'customChallenge',
];
export const next = (call) =>
  new Promise((resolve, reject) => {
    const callbacks = OUTCOMES.map((name) => [name, (...told) => resolve({ name, told })]);
    call({ ...Object.fromEntries(callbacks), onFailure: reject });
  });

// The first step: as signIn, for sign-ins that go on.
export function begin(user, { username, password }) {
  const details = new AuthenticationDetails({ Username: username, Password: password });
  return next((callbacks) => user.authenticateUser(details, callbacks));
}

// Somebody who is signed in already, for scenes about something else: sending the password takes less time than SRP.
export async function signedIn(given, pool) {
  const user = userOf(given, pool);
  user.setAuthenticationFlowType('USER_PASSWORD_AUTH');
  await signIn(user, given);
  return user;
}

// What a promise that has to fail is refused with.
export async function refusalOf(promise) {
  try {
    await promise;
  } catch (error) {
    return { code: error.code, message: error.message };
  }
  throw new Error('This should have been refused.');
}

// The code that was sent to a user last. Messages leave a moment after the answer, and several may be of one kind.
export async function codeFor({ username, endpoint }, kind) {
  const url = new URL('/_userpool/messages', endpoint);
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const messages = await (await fetch(url)).json();
    const found = messages.find((message) => message.user === username && message.kind === kind);
    if (found) return found.code;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`No message of the kind ${kind} was sent.`);
}

// What an authenticator shows (RFC 6238). A code counts once: `later` is how many codes after the present one it is.
export function totp(secret, later = 0) {
  const bits = [...secret].map((each) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(each).toString(2).padStart(5, '0'));
  const seed = Buffer.from(bits.join('').match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + later));
  const digest = createHmac('sha1', seed).update(counter).digest();
  const number = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
  return String(number % 1000000).padStart(6, '0');
}

// Notes what is sent from here on: operations, and the texts of their bodies.
export function listen() {
  const heard = { operations: [], bodies: '' };
  const original = globalThis.fetch;
  globalThis.fetch = (url, options) => {
    heard.operations.push(options.headers['X-Amz-Target'].split('.')[1]);
    heard.bodies += options.body;
    return original(url, options);
  };
  return heard;
}

export const claimsOf = (session) => ({
  valid: session.isValid(),
  id: session.getIdToken().payload,
  access: session.getAccessToken().payload,
});
