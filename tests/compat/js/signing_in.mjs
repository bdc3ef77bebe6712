// Signing in.

import { AuthenticationDetails } from 'amazon-cognito-identity-js';
import { claimsOf, listen, refusalOf, signIn, told, userOf } from './stage.mjs';

export async function bySrp(given) {
  const heard = listen();
  const user = userOf(given);
  const session = await signIn(user, given);
  return {
    ...claimsOf(session),
    refreshToken: session.getRefreshToken().getToken(),
    username: user.getUsername(),
    operations: heard.operations,
    sentPassword: heard.bodies.includes(given.password),
  };
}

export const refusedBySrp = (given) => refusalOf(signIn(userOf(given), given));

export async function byPassword(given) {
  const heard = listen();
  const user = userOf(given);
  user.setAuthenticationFlowType('USER_PASSWORD_AUTH');
  const session = await signIn(user, given);
  return { ...claimsOf(session), operations: heard.operations };
}

export async function refusedByPassword(given) {
  const user = userOf(given);
  user.setAuthenticationFlowType('USER_PASSWORD_AUTH');
  return refusalOf(signIn(user, given));
}

export async function withTemporaryPassword(given) {
  const { username, password, newPassword, attributes } = given;
  const user = userOf(given);
  const details = new AuthenticationDetails({ Username: username, Password: password });
  const asks = await new Promise((resolve, reject) => {
    user.authenticateUser(details, {
      onSuccess: () => reject(new Error('Nobody asked for a new password.')),
      onFailure: reject,
      newPasswordRequired: (known, required) => resolve({ known, required }),
    });
  });
  const session = await told((callbacks) =>
    user.completeNewPasswordChallenge(newPassword, attributes, callbacks),
  );
  return { ...asks, ...claimsOf(session) };
}
