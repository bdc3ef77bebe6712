// A page with the browser bundle of amazon-cognito-identity-js, and what a person does in it. Tokens are kept in
// local storage, or in cookies where a scene is given options for them.

const { AuthenticationDetails, CognitoUser, CognitoUserAttribute, CognitoUserPool, CookieStorage } =
  globalThis.AmazonCognitoIdentity;

// Whoever is at the page, until it is loaded again.
let user;

const asked = (call) =>
  new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))));
const told = (call) => new Promise((resolve, reject) => call({ onSuccess: resolve, onFailure: reject }));

// What a step of a sign-in leads to: the name of the function that was called, and what it was told.
const OUTCOMES = ['onSuccess', 'mfaRequired', 'totpRequired', 'mfaSetup'];
const next = (call) =>
  new Promise((resolve) => {
    const callbacks = OUTCOMES.map((name) => [name, (...told) => resolve({ name, ...seenIn(name, told) })]);
    const onFailure = ({ code, message }) => resolve({ name: 'onFailure', code, message });
    call({ ...Object.fromEntries(callbacks), onFailure });
  });
const seenIn = (name, [first, second]) =>
  name === 'onSuccess' ? { ...claimsOf(first), asks: second ?? false } : { parameters: second };
const claimsOf = (session) => ({
  valid: session.isValid(),
  id: session.getIdToken().payload,
  access: session.getAccessToken().payload,
});

// Without one the library takes what it finds, which is local storage in a browser.
const storageOf = ({ cookies }) => (cookies ? new CookieStorage(cookies) : undefined);
const poolOf = ({ poolId, clientId, endpoint, ...given }) =>
  new CognitoUserPool({ UserPoolId: poolId, ClientId: clientId, endpoint, Storage: storageOf(given) });
const userOf = (given) =>
  new CognitoUser({ Username: given.username, Pool: poolOf(given), Storage: storageOf(given) });

globalThis.scenes = {
  async signUp(given) {
    user = userOf(given);
    const { username, password, email } = given;
    const attributes = [new CognitoUserAttribute({ Name: 'email', Value: email })];
    const { codeDeliveryDetails } = await asked((done) =>
      poolOf(given).signUp(username, password, attributes, null, done),
    );
    return codeDeliveryDetails;
  },

  confirm: ({ code }) => asked((done) => user.confirmRegistration(code, false, done)),

  signIn(given) {
    user = userOf(given);
    user.setAuthenticationFlowType(given.flow ?? 'USER_SRP_AUTH');
    const details = new AuthenticationDetails({ Username: given.username, Password: given.password });
    return next((callbacks) => user.authenticateUser(details, callbacks));
  },

  answer: ({ code, factor }) => next((callbacks) => user.sendMFACode(code, callbacks, factor)),

  secret: () =>
    new Promise((resolve, reject) =>
      user.associateSoftwareToken({ associateSecretCode: resolve, onFailure: reject }),
    ),

  // Says SUCCESS, or gives the session where the authenticator was set up in the middle of a sign-in.
  async verifySecret({ code }) {
    const said = await told((callbacks) => user.verifySoftwareToken(code, 'My phone', callbacks));
    return said.getIdToken ? claimsOf(said) : said.Status;
  },

  prefer({ factor }) {
    const preferred = { Enabled: true, PreferredMfa: true };
    const [sms, totp] = factor === 'SMS_MFA' ? [preferred, null] : [null, preferred];
    return asked((done) => user.setUserMfaPreference(sms, totp, done));
  },

  remember: () => told((callbacks) => user.setDeviceStatusRemembered(callbacks)),

  // Finds whoever is signed in by what is stored, as a page does that was just loaded.
  async find(given) {
    user = poolOf(given).getCurrentUser();
    if (!user) return null;
    const session = await asked((done) => user.getSession(done));
    return { username: user.getUsername(), ...claimsOf(session) };
  },

  attributes: async () =>
    Object.fromEntries(
      (await asked((done) => user.getUserAttributes(done))).map((each) => [each.getName(), each.getValue()]),
    ),

  refresh: async () =>
    claimsOf(
      await asked((done) => user.refreshSession(user.getSignInUserSession().getRefreshToken(), done)),
    ),

  signOut: () => new Promise((resolve) => user.signOut(resolve)),
};
