// Second factors: switched on and off, and asked for.

import { asked, begin, claimsOf, codeFor, listen, next, refusalOf, signedIn, told, totp, userOf } from './stage.mjs';

const ON = { Enabled: true, PreferredMfa: false };
const PREFERRED = { Enabled: true, PreferredMfa: true };

const prefer = (user, sms, token) => asked((done) => user.setUserMfaPreference(sms, token, done));
const optionsOf = (user) => asked((done) => user.getMFAOptions(done));

// What the library tells of a user's factors; not from what it has kept.
async function factorsOf(user) {
  const data = await asked((done) => user.getUserData(done, { bypassCache: true }));
  return { preferred: data.PreferredMfaSetting ?? null, factors: data.UserMFASettingList ?? [] };
}

async function withAuthenticator(user) {
  const { told: [secret] } = await next((callbacks) => user.associateSoftwareToken(callbacks));
  const verified = await told((callbacks) => user.verifySoftwareToken(totp(secret), 'My phone', callbacks));
  return { secret, verified: verified.Status };
}

const sendCode = (user, code, type) => next((callbacks) => user.sendMFACode(code, callbacks, type));

export async function enableAndDisable(given) {
  const user = await signedIn(given);
  const said = await asked((done) => user.enableMFA(done));
  const enabled = await optionsOf(user);
  const then = await begin(userOf(given), given);
  return {
    enabled: [said, enabled, then.name, then.told[0]],
    disabled: [
      await asked((done) => user.disableMFA(done)),
      (await optionsOf(user)) ?? [],
      (await begin(userOf(given), given)).name,
    ],
  };
}

export async function bySms(given) {
  const owner = await signedIn(given);
  const said = await prefer(owner, PREFERRED, null);
  const user = userOf(given);
  const { name, told } = await begin(user, given);
  const code = await codeFor(given, 'Authentication');
  const refused = await refusalOf(sendCode(user, code === '123456' ? '654321' : '123456'));
  const done = await sendCode(user, code);
  return { said, ...(await factorsOf(owner)), asked: [name, ...told], refused, ...claimsOf(done.told[0]) };
}

export async function byAuthenticator(given) {
  const owner = await signedIn(given);
  const { secret, verified } = await withAuthenticator(owner);
  const said = await prefer(owner, null, PREFERRED);
  const user = userOf(given);
  const { name, told } = await begin(user, given);
  const heard = listen();
  const done = await sendCode(user, totp(secret, 1), 'SOFTWARE_TOKEN_MFA');
  return {
    verified,
    said,
    ...(await factorsOf(owner)),
    asked: [name, ...told],
    // The library sends a code from an authenticator under both names.
    twice: heard.bodies.includes('SMS_MFA_CODE') && heard.bodies.includes('SOFTWARE_TOKEN_MFA_CODE'),
    ...claimsOf(done.told[0]),
  };
}

export async function choosing(given) {
  const owner = await signedIn(given);
  const { secret } = await withAuthenticator(owner);
  await prefer(owner, ON, ON);
  const seen = { ...(await factorsOf(owner)), choices: [], asked: [], done: [] };
  for (const type of ['SMS_MFA', 'SOFTWARE_TOKEN_MFA']) {
    const user = userOf(given);
    const choice = await begin(user, given);
    seen.choices.push([choice.name, choice.told[0], JSON.parse(choice.told[1].MFAS_CAN_CHOOSE)]);
    const { name } = await next((callbacks) => user.sendMFASelectionAnswer(type, callbacks));
    seen.asked.push(name);
    const code = type === 'SMS_MFA' ? await codeFor(given, 'Authentication') : totp(secret, 1);
    seen.done.push((await sendCode(user, code, type)).name);
  }
  return seen;
}

export async function setUpAtSignIn(given) {
  const user = userOf(given);
  const { name, told: [, parameters] } = await begin(user, given);
  const { told: [secret] } = await next((callbacks) => user.associateSoftwareToken(callbacks));
  const { told: [session] } = await next((callbacks) =>
    user.verifySoftwareToken(totp(secret), 'My phone', callbacks),
  );
  const again = userOf(given);
  const then = await begin(again, given);
  return {
    asked: [name, JSON.parse(parameters.MFAS_CAN_SETUP)],
    ...claimsOf(session),
    then: [then.name, then.told[1].FRIENDLY_DEVICE_NAME],
    done: (await sendCode(again, totp(secret, 1), 'SOFTWARE_TOKEN_MFA')).name,
  };
}

export async function setUpWithWrongCode(given) {
  const user = userOf(given);
  await begin(user, given);
  const { told: [secret] } = await next((callbacks) => user.associateSoftwareToken(callbacks));
  const wrong = totp(secret) === '123456' ? '654321' : '123456';
  const verify = (code) => next((callbacks) => user.verifySoftwareToken(code, 'My phone', callbacks));
  return { refused: await refusalOf(verify(wrong)), then: (await verify(totp(secret))).name };
}
