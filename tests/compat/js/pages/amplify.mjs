// A page with Amplify 6, which keeps its tokens in cookies, and what a person does in it.

import { Amplify, CookieStorage } from '@aws-amplify/core';
import * as auth from '@aws-amplify/auth';
import { cognitoUserPoolsTokenProvider } from '@aws-amplify/auth/cognito';

// What `aws-amplify` does when it is configured for an application that a server renders too.
function configure({ poolId, clientId, endpoint }) {
  const Auth = {
    Cognito: { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: endpoint },
  };
  cognitoUserPoolsTokenProvider.setAuthConfig(Auth);
  cognitoUserPoolsTokenProvider.setKeyValueStorage(new CookieStorage({ sameSite: 'lax' }));
  Amplify.configure({ Auth }, { Auth: { tokenProvider: cognitoUserPoolsTokenProvider } });
}

async function session(options) {
  const { tokens } = await auth.fetchAuthSession(options);
  return tokens ? { id: tokens.idToken.payload, access: tokens.accessToken.payload } : null;
}

const scenes = {
  async signIn({ username, password }) {
    const { nextStep } = await auth.signIn({ username, password });
    return nextStep.signInStep;
  },

  async answer({ code }) {
    const { nextStep } = await auth.confirmSignIn({ challengeResponse: code });
    return nextStep.signInStep;
  },

  secret: async () => (await auth.setUpTOTP()).sharedSecret,
  verifySecret: ({ code }) => auth.verifyTOTPSetup({ code }),
  prefer: () => auth.updateMFAPreference({ totp: 'PREFERRED' }),
  remember: () => auth.rememberDevice(),

  async find() {
    const found = await session();
    return found && { username: (await auth.getCurrentUser()).username, ...found };
  },

  refresh: () => session({ forceRefresh: true }),
  attributes: () => auth.fetchUserAttributes(),
  signOut: () => auth.signOut(),
};

globalThis.scenes = Object.fromEntries(
  Object.entries(scenes).map(([name, scene]) => [
    name,
    (given) => {
      configure(given);
      return scene(given);
    },
  ]),
);
