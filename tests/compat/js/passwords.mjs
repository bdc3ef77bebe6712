// Changing and resetting passwords.

import { asked, codeFor, refusalOf, signIn, signedIn, told, userOf } from './stage.mjs';

export async function change(given) {
  const user = await signedIn(given);
  const said = await asked((done) => user.changePassword(given.password, given.newPassword, done));
  return {
    said,
    old: await refusalOf(signIn(userOf(given), given)),
    new: (await signIn(userOf(given), { ...given, password: given.newPassword })).isValid(),
  };
}

export async function changeWithoutKnowingTheOldOne(given) {
  const user = await signedIn(given);
  return refusalOf(asked((done) => user.changePassword('not-the-0ld-One', given.newPassword, done)));
}

export async function forget(given) {
  const user = userOf(given);
  const { CodeDeliveryDetails: delivery } = await new Promise((resolve, reject) =>
    user.forgotPassword({ onSuccess: reject, onFailure: reject, inputVerificationCode: resolve }),
  );
  const code = await codeFor(given, 'ForgotPassword');
  const said = await told((callbacks) => user.confirmPassword(code, given.newPassword, callbacks));
  return {
    delivery,
    said,
    old: await refusalOf(signIn(userOf(given), given)),
    new: (await signIn(userOf(given), { ...given, password: given.newPassword })).isValid(),
  };
}
