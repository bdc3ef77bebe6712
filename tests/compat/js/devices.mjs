// Devices: confirmed, looked at, remembered and forgotten, and what a remembered one saves at the next sign-in.

import { asked, begin, listen, next, poolOf, refusalOf, told, totp, userOf } from './stage.mjs';

const flowOf = (user, { flow = 'USER_PASSWORD_AUTH' }) => user.setAuthenticationFlowType(flow);

// Somebody who has just signed in with a device of their own, and the storage that keeps its key.
async function onDevice(given, pool = poolOf(given)) {
  const user = userOf(given, pool);
  flowOf(user, given);
  const { told: [session, asks] } = await begin(user, given);
  return { user, pool, session, asks };
}

// A user object is told of its device only by this.
function withDevice(user) {
  user.getCachedDeviceKeyAndPassword();
  return user;
}

const deviceOf = (user) => told((callbacks) => withDevice(user).getDevice(callbacks));
const statusOf = ({ Device }) =>
  Device.DeviceAttributes.find(({ Name }) => Name === 'dev:device_remembered_status').Value;

export async function confirmed(given) {
  const heard = listen();
  const { user, asks } = await onDevice(given);
  return { operations: heard.operations, asks: asks ?? false, key: user.deviceKey };
}

export async function list(given) {
  const all = [];
  for (let count = 0; count < 3; count += 1) {
    all.push(await onDevice(given));
    await told((callbacks) => all[count].user.setDeviceStatusRemembered(callbacks));
  }
  const page = (token) => told((callbacks) => all[0].user.listDevices(2, token, callbacks));
  const first = await page(null);
  const second = await page(first.PaginationToken);
  return {
    keys: all.map(({ user }) => user.deviceKey).sort(),
    pages: [first, second].map(({ Devices }) => Devices.map(({ DeviceKey }) => DeviceKey)),
    more: [first, second].map(({ PaginationToken }) => PaginationToken !== undefined),
  };
}

export async function describe(given) {
  const { user, pool } = await onDevice(given);
  const later = pool.getCurrentUser();
  await asked((done) => later.getSession(done));
  return { key: user.deviceKey, device: (await deviceOf(later)).Device };
}

export async function rememberAndNot(given) {
  const { user } = await onDevice(given);
  const seen = [statusOf(await deviceOf(user))];
  seen.push(await told((callbacks) => user.setDeviceStatusRemembered(callbacks)), statusOf(await deviceOf(user)));
  seen.push(await told((callbacks) => user.setDeviceStatusNotRemembered(callbacks)), statusOf(await deviceOf(user)));
  return seen;
}

export async function forget(given) {
  const { user, pool } = await onDevice(given);
  const said = await told((callbacks) => user.forgetDevice(callbacks));
  const kept = Object.keys(pool.storage.items).filter((name) => /device|random/i.test(name));
  return { said, kept, read: await refusalOf(asked((done) => user.getUserAttributes(done))) };
}

export async function forgetAnother(given) {
  const { user: another } = await onDevice(given);
  const { user } = await onDevice(given);
  const said = await told((callbacks) => user.forgetSpecificDevice(another.deviceKey, callbacks));
  const { Devices } = await told((callbacks) => user.listDevices(10, null, callbacks));
  return { said, left: Devices.map(({ DeviceKey }) => DeviceKey), own: user.deviceKey };
}

// Signs in with an authenticator, which a device that is remembered makes needless from then on.
async function remembered(given) {
  const { user, pool } = await onDevice(given);
  await told((callbacks) => user.setDeviceStatusRemembered(callbacks));
  const { told: [secret] } = await next((callbacks) => user.associateSoftwareToken(callbacks));
  await told((callbacks) => user.verifySoftwareToken(totp(secret), 'My phone', callbacks));
  const preferred = { Enabled: true, PreferredMfa: true };
  await asked((done) => user.setUserMfaPreference(null, preferred, done));
  return { pool, secret, key: user.deviceKey };
}

export async function inPlaceOfMfa(given) {
  const { pool, key } = await remembered(given);
  const heard = listen();
  const user = userOf(given, pool);
  flowOf(user, given);
  const { name } = await begin(user, given);
  const operations = [...heard.operations];
  const { name: elsewhere } = await begin(userOf(given), given);
  return { name, operations, sameKey: user.deviceKey === key, access: claims(user), elsewhere };
}

// A device that isn't remembered proves nothing at the next sign-in, and is the same one all the same.
export async function onKnownDevice(given) {
  const { pool, user: { deviceKey } } = await onDevice(given);
  const heard = listen();
  const { user } = await onDevice(given, pool);
  const session = await asked((done) => user.refreshSession(user.getSignInUserSession().getRefreshToken(), done));
  return { operations: heard.operations, valid: session.isValid(), sameKey: user.deviceKey === deviceKey };
}

// The device is remembered, and a code asked for all the same.
export async function afterMfa(given) {
  const { pool, secret } = await remembered(given);
  const user = userOf(given, pool);
  flowOf(user, given);
  const { name } = await begin(user, given);
  const done = await next((callbacks) => user.sendMFACode(totp(secret, 1), callbacks, 'SOFTWARE_TOKEN_MFA'));
  return { asked: name, done: done.name };
}

// Between the two sign-ins, this device is forgotten on another one.
async function forgottenElsewhere(given) {
  const { user: { deviceKey }, pool } = await onDevice(given);
  const { user: other } = await onDevice(given);
  await told((callbacks) => other.forgetSpecificDevice(deviceKey, callbacks));
  return { pool, user: userOf(given, pool) };
}

export async function forgottenMeanwhile(given) {
  const { pool, user } = await forgottenElsewhere(given);
  const heard = listen();
  const { name } = await begin(user, given);
  const kept = Object.keys(pool.storage.items).filter((each) => /device|random/i.test(each));
  return { name, operations: heard.operations, kept };
}

// The library tries again where the password is proven by SRP, and nowhere else.
export async function forgottenAndSent(given) {
  const { user } = await forgottenElsewhere(given);
  flowOf(user, given);
  return refusalOf(begin(user, given));
}

const claims = (user) => user.getSignInUserSession().getAccessToken().payload;
