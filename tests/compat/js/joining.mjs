// Signing up and confirming.

import { asked, attribute, codeFor, poolOf, refusalOf, signIn, userOf } from './stage.mjs';

function signedUp(given) {
  const { username, password, email, validationData = null, clientMetadata } = given;
  const attributes = [attribute('email', email)];
  const validation = validationData && Object.entries(validationData).map((pair) => attribute(...pair));
  return asked((done) =>
    poolOf(given).signUp(username, password, attributes, validation, done, clientMetadata),
  );
}

const confirmed = (user, code, forced = false) =>
  asked((done) => user.confirmRegistration(code, forced, done));

export async function signUp(given) {
  const { user, ...result } = await signedUp(given);
  return { ...result, username: user.getUsername() };
}

export const refused = (given) => refusalOf(signedUp(given));

export async function signUpTwice(given) {
  await signedUp(given);
  return refusalOf(signedUp(given));
}

export async function confirm(given) {
  const { user } = await signedUp(given);
  return confirmed(user, await codeFor(given, 'SignUp'));
}

// An address that is somebody's alias already goes to whoever confirms it last, if the library is told to force that.
export async function confirmTakenAddress(given) {
  const { user } = await signedUp(given);
  const code = await codeFor(given, 'SignUp');
  return { unforced: await refusalOf(confirmed(user, code)), forced: await confirmed(user, code, true) };
}

export async function confirmWithAnotherCode(given) {
  const { user } = await signedUp(given);
  const code = await codeFor(given, 'SignUp');
  return refusalOf(confirmed(user, code === '123456' ? '654321' : '123456'));
}

export async function resend(given) {
  const { user } = await signedUp(given);
  const first = await codeFor(given, 'SignUp');
  const { CodeDeliveryDetails: delivery } = await asked((done) => user.resendConfirmationCode(done));
  const second = await codeFor(given, 'ResendCode');
  return {
    delivery,
    first: first === second ? 'the same by chance' : await refusalOf(confirmed(user, first)),
    second: await confirmed(user, second),
  };
}

export async function signInUnconfirmed(given) {
  await signedUp(given);
  return refusalOf(signIn(userOf(given), given));
}
